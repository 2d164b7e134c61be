-- expect 3: key is one too many: a policy can use 8
for i = 1, 9 do
    storage.encrypt{match = {port = i}, key = module('key' .. i)}
end
