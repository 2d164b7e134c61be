-- expect 2: on_write is drop, allowed are "ignore", "fault"
msr.read_only{msrs = '1A0h', on_write = 'drop'}
