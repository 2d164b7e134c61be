-- expect 2: bytes wants 1 to 13 bytes as hexadecimal digits
storage.encrypt{match = {}, key = module('k'), ranges = {{first = 8, check = {offset = 0, bytes = '5'}}}}
