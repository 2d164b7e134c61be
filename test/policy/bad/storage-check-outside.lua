-- expect 2: check does not lie within the range's first 1 sectors
storage.encrypt{match = {}, key = module('k'), ranges = {{first = 8, last = 8, check = {offset = 511, bytes = 'AA55'}}}}
