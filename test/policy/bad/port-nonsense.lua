-- expect 2: cannot be read at 'x'
io.deny{ports = '60h, x'}
