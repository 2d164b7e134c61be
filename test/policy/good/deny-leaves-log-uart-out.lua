io.deny{ports = "2F0h-30Fh"}
io.deny{ports = "2F8h-2FFh", log = true}
-- table: io 02F0h-02F7h: deny (line 1)
-- table: io 0300h-030Fh: deny (line 1)
