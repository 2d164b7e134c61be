io.log{ports = "60h-6Fh", limit = 1000000}
io.log{ports = "62h", limit = 0}
io.log{ports = "64h"}
io.log{ports = "66h", limit = 100}
io.deny{ports = "70h", log = true, limit = "10h"}
mmio.log{address = 0xFED00000, size = 8, limit = 1}
on.mmio({vendor = 0x8086, bar = 1, log = true, limit = 5}, function() end)
msr.log{msrs = "1A0h", limit = 7}
msr.value{msrs = "1A1h", value = 1, log = true, limit = 0}
msr.read_only{msrs = "1A2h", on_write = "fault", log = true, limit = 2}
-- table: io 0060h-0061h: pass, logged at most 1000000 times a second (line 1)
-- table: io 0062h-0062h: pass, logged without a limit (line 2)
-- table: io 0063h-0063h: pass, logged at most 1000000 times a second (line 1)
-- table: io 0064h-0064h: pass, logged (line 3)
-- table: io 0065h-0065h: pass, logged at most 1000000 times a second (line 1)
-- table: io 0066h-0066h: pass, logged (line 4)
-- table: io 0067h-006Fh: pass, logged at most 1000000 times a second (line 1)
-- table: io 0070h-0070h: deny, logged at most 16 times a second (line 5)
-- table: mmio FED00000h-FED00007h: pass, logged at most 1 times a second (line 6)
-- table: mmio vendor 8086 bar 1 +0h-FFFFFFFFFFFFFFFFh: callback 0, logged at most 5 times a second (line 7)
-- table: msr 000001A0h-000001A0h: pass, logged at most 7 times a second (line 8)
-- table: msr 000001A1h-000001A1h: value 1h, logged without a limit (line 9)
-- table: msr 000001A2h-000001A2h: read-only, writes fault, logged at most 2 times a second (line 10)
