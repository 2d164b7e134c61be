-- expect 2: io.log: limit is 1000001, allowed are 0 to 1000000
io.log{ports = 1, limit = 1000001}
