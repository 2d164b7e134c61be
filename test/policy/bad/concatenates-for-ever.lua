-- expect 3: runs too long
local a, b = ('x'):rep(2000)
while true do b = a .. 'y' end
