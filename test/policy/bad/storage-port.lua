-- expect 2: port is 32, allowed are 0 to 31
storage.read_only{match = {port = 32}}
