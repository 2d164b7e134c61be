-- expect 2: device means nothing without vendor
pci.hide{device = 1}
