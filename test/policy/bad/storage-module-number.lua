-- expect 2: module: wants a boot module's name
storage.encrypt{match = {}, key = module(1)}
