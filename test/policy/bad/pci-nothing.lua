-- expect 2: wants at least one of
pci.hide{}
