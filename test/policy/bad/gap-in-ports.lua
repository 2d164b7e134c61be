-- expect 2: without names or gaps
io.deny{ports = {[1] = 1, [3] = 3}}
