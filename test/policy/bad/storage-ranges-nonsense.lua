-- expect 2: ranges cannot be read at '5-x'
storage.encrypt{match = {}, key = module('k'), ranges = '1-2, 5-x'}
