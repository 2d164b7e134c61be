mmio.deny{vendor = 0x8086, bar = 0}
mmio.log{vendor = 0x8086, bar = 0, offset = 16, size = 16}
mmio.log{vendor = 0x8086, bar = 1}
-- table: mmio vendor 8086 bar 0 +0h-Fh: deny (line 1)
-- table: mmio vendor 8086 bar 0 +10h-1Fh: pass, logged (line 2)
-- table: mmio vendor 8086 bar 0 +20h-FFFFFFFFFFFFFFFFh: deny (line 1)
-- table: mmio vendor 8086 bar 1 +0h-FFFFFFFFFFFFFFFFh: pass, logged (line 3)
