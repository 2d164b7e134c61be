-- expect 4: ranges makes more than 128 ranges
local all = {}
for i = 1, 129 do all[i] = {first = i, last = i} end
storage.encrypt{match = {}, key = module('k'), ranges = all}
