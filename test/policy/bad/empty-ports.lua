-- expect 2: not an empty one
io.deny{ports = {}}
