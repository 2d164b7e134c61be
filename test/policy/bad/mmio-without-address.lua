-- expect 2: address is missing
mmio.deny{size = 4}
