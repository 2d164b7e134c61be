-- expect 2: means nothing without class_code
pci.hide{class_mask = 0xFF0000}
