-- expect 2: bar is missing
mmio.deny{pci = '00:1f.2'}
