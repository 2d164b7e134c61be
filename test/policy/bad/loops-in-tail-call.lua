-- expect 2: runs too long
local function f() return f() end f()
