-- expect 2: a string is too long
local s = ('x'):rep(1e9)
