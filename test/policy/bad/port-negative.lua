-- expect 2: above FFFFh
io.deny{ports = -1}
