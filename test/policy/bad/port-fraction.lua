-- expect 2: wants numbers and texts
io.deny{ports = 1.5}
