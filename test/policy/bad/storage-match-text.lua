-- expect 2: storage.deny: match: wants one table of named values
storage.deny{match = 'QEMU'}
