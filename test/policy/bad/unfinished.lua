-- expect 4: expected
io.deny{
    ports = 0x60
