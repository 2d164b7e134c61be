-- expect 3: unexpected symbol
local x = 1
io.deny{ports = }
