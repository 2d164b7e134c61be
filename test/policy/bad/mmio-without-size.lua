-- expect 2: size is missing
mmio.deny{address = 0xFED00000}
