-- expect 2: key wants the boot module that holds it, module("disk.key"), got string
storage.encrypt{match = {}, key = 'disk.key'}
