-- expect 2: ranges has a sector above 281474976710655
storage.encrypt{match = {}, key = module('k'), ranges = '0-1000000000000h'}
