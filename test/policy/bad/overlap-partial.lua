-- expect 3: io: 68h-77h overlaps the rule in line 2 (60h-6Fh)
io.deny{ports = '60h-6Fh'}
io.log{ports = '68h-77h'}
