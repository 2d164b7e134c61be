-- expect 2: io.deny cannot be assigned to
io.deny = {ports = 0x60}
