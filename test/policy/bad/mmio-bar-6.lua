-- expect 2: bar is 6, allowed are 0 to 5
mmio.deny{pci = '00:1f.2', bar = 6}
