mmio.log{class = 1, subclass = 6, bar = 5}
mmio.deny{vendor = 0x8086, bar = 5, offset = 0x100, size = 0x100}
mmio.allow{pci = "0000:00:1f.2", bar = 5, offset = 0x180, size = 8}
mmio.deny{vendor = 0x8086, device = "2922h", bar = 5, offset = 0x180, size = 0x80}
mmio.deny{address = 0xFED00000, size = 0x400}
mmio.allow{address = 0xFED000F0, size = 8}
on.mmio({address = "FEC00000h", size = 0x20, read_first = true, on_error = pass, log = true}, function() end)
-- table: mmio FEC00000h-FEC0001Fh: callback 0, reads first, passes on error, logged (line 7)
-- table: mmio FED00000h-FED000EFh: deny (line 5)
-- table: mmio FED000F8h-FED003FFh: deny (line 5)
-- table: mmio 00:1f.2 bar 5 +180h-187h: pass (line 3)
-- table: mmio vendor 8086 device 2922 bar 5 +180h-1FFh: deny (line 4)
-- table: mmio vendor 8086 bar 5 +100h-1FFh: deny (line 2)
-- table: mmio class 010600/ffff00 bar 5 +0h-FFFFFFFFFFFFFFFFh: pass, logged (line 1)
