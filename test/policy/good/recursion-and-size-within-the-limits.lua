local function depth(n) return n == 0 and 0 or 1 + depth(n - 1) end
assert(depth(150) == 150)
local t = {}
for i = 1, 4000 do t[i] = i end
for i = 0, 999 do io.deny{ports = 0x4000 + i} end
assert(#t == 4000)
-- table: io 4000h-43E7h: deny (line 5)
