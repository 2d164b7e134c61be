-- expect 2: use pci.hide
io.deny{ports = 0xCF8}
