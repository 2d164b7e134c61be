-- expect 2: cannot be read at '3F8-3FF'
io.deny{ports = '3F8-3FF'}
