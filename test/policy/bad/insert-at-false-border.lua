-- expect 5: runs too long
local t = {}
for i = 0, 62 do t[1 << i] = true end
for i = 1, 9 do t[i] = true end
table.insert(t, 1, 1) table.insert(t, 1, 1)
