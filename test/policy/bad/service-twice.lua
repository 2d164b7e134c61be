-- expect 3: was given in line 2 already
service.pci{}
service.pci{}
