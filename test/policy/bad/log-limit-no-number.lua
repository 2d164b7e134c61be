-- expect 2: mmio.log: limit wants a whole number
mmio.log{address = 0xFED00000, size = 8, limit = 1.5}
