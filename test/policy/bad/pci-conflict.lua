-- expect 3: can mean the same function as the rule in line 2
pci.hide{class = 0x0C, subclass = 3}
pci.read_only{class = 0x0C, subclass = 3}
