-- expect 3: overlaps the rule in line 2
io.deny{ports = '60h'}
io.allow{ports = '60h'}
