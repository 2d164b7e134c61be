-- expect 2: exclude each other
mmio.deny{pci = '00:1f.2', bar = 5, address = 0, size = 4}
