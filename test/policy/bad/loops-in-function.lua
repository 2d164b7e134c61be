-- expect 3: runs too long
local function f()
    for i = 1, math.huge do end
end
f()
