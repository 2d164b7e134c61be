-- expect 3: there are more than 32 rules
for i = 1, 33 do
    storage.deny{match = {serial = 'S' .. i}}
end
