io.log{ports = "3000h-3FFFh"}
io.deny{ports = "3100h-31FFh"}
io.allow{ports = "3180h-3181h"}
-- table: io 3000h-30FFh: pass, logged (line 1)
-- table: io 3100h-317Fh: deny (line 2)
-- table: io 3182h-31FFh: deny (line 2)
-- table: io 3200h-3FFFh: pass, logged (line 1)
