on.io("62h-63h", function() end)
io.log{ports = "61h"}
io.allow{ports = "64h"}
io.deny{ports = "60h-6Fh"}
-- table: io 0060h-0060h: deny (line 4)
-- table: io 0061h-0061h: pass, logged (line 2)
-- table: io 0062h-0063h: callback 0 (line 1)
-- table: io 0065h-006Fh: deny (line 4)
