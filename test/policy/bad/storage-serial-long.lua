-- expect 2: serial is longer than the 20 characters
storage.read_only{match = {serial = ('x'):rep(21)}}
