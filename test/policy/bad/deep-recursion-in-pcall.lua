-- expect 2: C stack overflow
local function f() local ok, why = pcall(f) if not ok then error(why, 0) end end f()
