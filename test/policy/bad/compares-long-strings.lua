-- expect 5: runs too long
local a = ('x'):rep(4000) .. 'a'
local b = ('x'):rep(4000) .. 'a'
local n = 0
while a == b do n = n + 1 end
