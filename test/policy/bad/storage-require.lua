-- expect 2: require wants true or false
storage.encrypt{match = {}, key = module('disk.key'), require = 1}
