-- expect 2: cannot be read at '60h 70h'
io.deny{ports = '60h 70h'}
