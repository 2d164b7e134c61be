-- expect 2: io.deny: there is no key 'port' (known: ports, log, limit)
io.deny{port = 0x60}
