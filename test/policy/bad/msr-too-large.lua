-- expect 2: above FFFFFFFFh
msr.deny{msrs = 1 << 32}
