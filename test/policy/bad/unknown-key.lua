-- expect 2: io.deny: there is no key 'port' (known: ports, log)
io.deny{port = 0x60}
