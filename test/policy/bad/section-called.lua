-- expect 2: io cannot be called
io{ports = 0x60}
