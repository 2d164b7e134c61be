-- expect 4: out of memory
local keep = {}
for i = 1, 1e9 do
    pcall(function() keep[i] = {i, i, i, i, i, i, i, i} end)
end
