-- expect 2: module: a name has 1 to 23 printable characters
storage.encrypt{match = {}, key = module('disk key')}
