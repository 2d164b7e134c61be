-- expect 2: ranges has two that overlap, at sector 99
storage.encrypt{match = {}, key = module('k'), ranges = {'5-', {first = 99}}}
