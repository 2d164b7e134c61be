-- expect 3: a string is too long
local s = 'x'
while true do s = s .. s end
