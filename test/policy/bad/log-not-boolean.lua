-- expect 2: log wants true or false, got string
io.deny{ports = 1, log = 'yes'}
