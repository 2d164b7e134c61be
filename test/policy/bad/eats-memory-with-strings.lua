-- expect 3: out of memory
local t, x = {}, ('x'):rep(4000)
for i = 1, 1e9 do t[#t + 1] = x .. i end
