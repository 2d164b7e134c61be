-- expect 2: ranges wants a list without names or gaps
storage.encrypt{match = {}, key = module('k'), ranges = {}}
