-- expect 2: storage.encrypt: match is missing
storage.encrypt{key = module('disk.key')}
