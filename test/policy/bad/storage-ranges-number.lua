-- expect 2: ranges wants texts like
storage.encrypt{match = {}, key = module('k'), ranges = {5}}
