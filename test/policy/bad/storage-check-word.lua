-- expect 2: check wants "none" or {offset = 510, bytes = "55AA"}, got ext4
storage.encrypt{match = {}, key = module('k'), ranges = {{first = 8, check = 'ext4'}}}
