-- expect 4: a string is too long
local t = {}
for i = 1, 100 do t[i] = ('x'):rep(1000) end
print(#table.concat(t))
