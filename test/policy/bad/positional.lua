-- expect 2: every value has a name
io.deny{0x60}
