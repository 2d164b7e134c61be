-- expect 2: trim is keep, allowed are "drop", "pass"
storage.encrypt{match = {}, key = module('disk.key'), trim = 'keep'}
