io.deny{ports = "60h-6Fh"}
io.deny{ports = "68h-77h"}
io.deny{ports = "70h"}
-- table: io 0060h-006Fh: deny (line 1)
-- table: io 0070h-0070h: deny (line 3)
-- table: io 0071h-0077h: deny (line 2)
