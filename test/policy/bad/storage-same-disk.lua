-- expect 3: means the same disks as the rule in line 2
storage.encrypt{match = {model = 'QEMU*'}, key = module('a')}
storage.encrypt{match = {model = 'QEMU*'}, key = module('b')}
