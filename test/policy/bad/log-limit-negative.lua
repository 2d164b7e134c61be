-- expect 2: msr.log: limit is -1, allowed are 0 to 1000000
msr.log{msrs = 1, limit = -1}
