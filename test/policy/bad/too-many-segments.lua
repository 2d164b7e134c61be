-- expect 2: more than 256 separate ranges
for i = 0, 200 do mmio.deny{address = i * 16, size = 8, log = i % 2 == 0} end mmio.log{address = 0, size = 1 << 20}
