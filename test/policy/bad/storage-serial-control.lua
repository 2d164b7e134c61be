-- expect 2: serial has a character that no disk can have there
storage.read_only{match = {serial = 'a\tb'}}
