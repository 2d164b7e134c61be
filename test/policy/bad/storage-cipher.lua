-- expect 2: cipher is aes-cbc-essiv:sha256, allowed are "aes-xts-plain64"
storage.encrypt{match = {}, key = module('disk.key'), cipher = 'aes-cbc-essiv:sha256'}
