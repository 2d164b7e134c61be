-- expect 2: io.allow: there is no key 'limit' (known: ports)
io.allow{ports = 1, limit = 5}
