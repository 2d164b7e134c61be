-- expect 2: more than 1024 rules
for i = 0, 2000 do io.deny{ports = 0x3000 + 2 * i} end
