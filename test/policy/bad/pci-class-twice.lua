-- expect 2: give it alone
pci.hide{class = 3, class_code = 0x030000}
