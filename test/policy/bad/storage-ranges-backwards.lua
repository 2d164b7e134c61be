-- expect 2: ranges has a range that ends before it begins: 30-20
storage.encrypt{match = {}, key = module('k'), ranges = '30-20'}
