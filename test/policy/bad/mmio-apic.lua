-- expect 2: the local APIC
mmio.deny{address = 0xFEE00300, size = 4}
