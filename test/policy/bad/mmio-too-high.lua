-- expect 2: address is 10000000000000h, allowed are 0h to FFFFFFFFFFFFFh
mmio.deny{address = 1 << 52, size = 4}
