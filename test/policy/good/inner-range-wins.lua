io.deny{ports = "60h-6Fh"}
io.allow{ports = "64h"}
io.log{ports = "61h"}
on.io("62h-63h", function() end)
-- table: io 0060h-0060h: deny (line 1)
-- table: io 0061h-0061h: pass, logged (line 3)
-- table: io 0062h-0063h: callback 0 (line 4)
-- table: io 0065h-006Fh: deny (line 1)
