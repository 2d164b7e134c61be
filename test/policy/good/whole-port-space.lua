io.log{ports = {"0-B1h", "B3h-CF7h", "D00h-FFFFh"}}
console{uart = "none"}
-- table: io 0000h-00B1h: pass, logged (line 1)
-- table: io 00B3h-0CF7h: pass, logged (line 1)
-- table: io 0D00h-FFFFh: pass, logged (line 1)
