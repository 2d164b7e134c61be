-- expect 3: overlaps the rule in line 2
io.log{ports = '60h', limit = 5}
io.log{ports = '60h'}
