-- expect 2: has bits that class_mask leaves out
pci.hide{class_code = 0x030001, class_mask = 0xFFFF00}
