-- expect 2: there is no io.dney
io.dney{ports = 0x60}
