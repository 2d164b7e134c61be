-- expect 2: ranges has two that overlap, at sector 10
storage.encrypt{match = {}, key = module('k'), ranges = '20-30, 10-20'}
