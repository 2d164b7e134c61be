-- expect 2: ends before it begins
io.deny{ports = '64h-60h'}
