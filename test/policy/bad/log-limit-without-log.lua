-- expect 2: io.deny: limit means nothing without log = true
io.deny{ports = 1, limit = 5}
