-- expect 2: storage.encrypt: key is missing
storage.encrypt{match = {}}
