-- expect 2: at most 52 bits
mmio.deny{address = (1 << 52) - 1, size = 2}
