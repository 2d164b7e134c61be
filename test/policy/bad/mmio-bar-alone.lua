-- expect 2: bar means nothing without pci
mmio.deny{bar = 5}
