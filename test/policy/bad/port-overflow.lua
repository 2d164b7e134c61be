-- expect 2: cannot be read at '1FFFFFFFFFFFFFFFFh'
io.deny{ports = '1FFFFFFFFFFFFFFFFh'}
