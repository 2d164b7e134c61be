-- expect 2: wants a bus address as lspci prints it
pci.hide{address = '00:20.0'}
