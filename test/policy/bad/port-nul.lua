-- expect 2: cannot be read at '60h'
io.deny{ports = '60h\0-70h'}
