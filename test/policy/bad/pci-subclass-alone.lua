-- expect 2: subclass means nothing without class
pci.hide{subclass = 3}
