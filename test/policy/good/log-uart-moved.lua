console{uart = 0x3E8, level = "error", ring_kib = 16}
io.log{ports = "2F8h-2FFh"}
io.deny{ports = "3E0h-3EFh"}
-- table: io 02F8h-02FFh: pass, logged (line 2)
-- table: io 03E0h-03E7h: deny (line 3)
