-- expect 3: attempt to index a nil value
local t = nil
print(t.x)
