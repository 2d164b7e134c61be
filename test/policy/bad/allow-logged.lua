-- expect 2: there is no key 'log'
io.allow{ports = 1, log = true}
