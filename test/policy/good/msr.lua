msr.deny{msrs = "1A0h-1AFh"}
msr.allow{msrs = "1A2h"}
msr.read_only{msrs = 0x1A4, on_write = "fault"}
msr.value{msrs = "1A6h", value = -1, log = true}
msr.log{msrs = "FFFFFFFFh, 0"}
on.msr("1A8h", function() end)
on.msr({msrs = {"1AAh"}, on_error = pass}, function() end)
-- table: msr 00000000h-00000000h: pass, logged (line 5)
-- table: msr 000001A0h-000001A1h: deny (line 1)
-- table: msr 000001A3h-000001A3h: deny (line 1)
-- table: msr 000001A4h-000001A4h: read-only, writes fault (line 3)
-- table: msr 000001A5h-000001A5h: deny (line 1)
-- table: msr 000001A6h-000001A6h: value FFFFFFFFFFFFFFFFh, logged (line 4)
-- table: msr 000001A7h-000001A7h: deny (line 1)
-- table: msr 000001A8h-000001A8h: callback 0 (line 6)
-- table: msr 000001A9h-000001A9h: deny (line 1)
-- table: msr 000001AAh-000001AAh: callback 1, passes on error (line 7)
-- table: msr 000001ABh-000001AFh: deny (line 1)
-- table: msr FFFFFFFFh-FFFFFFFFh: pass, logged (line 5)
