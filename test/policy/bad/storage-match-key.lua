-- expect 2: storage.encrypt: match: there is no key 'vendor' (known: model, serial, port)
storage.encrypt{match = {vendor = 'QEMU'}, key = module('disk.key')}
