-- expect 2: wants a bus address as lspci prints it
pci.hide{address = '00:1f'}
