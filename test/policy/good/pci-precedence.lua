pci.hide{class = 0x0C, subclass = 3}
pci.allow{class = 0x0C, subclass = 3, prog_if = 0x30}
pci.read_only{vendor = 0x1B36}
pci.hide{vendor = 0x1B36, device = 0x000D}
pci.allow{address = "00:1d.7"}
pci.hide{class_code = 0x020000, class_mask = 0xFE0000}
-- table: pci 00:1d.7: pass (line 5)
-- table: pci vendor 1b36 device 000d: hide (line 4)
-- table: pci vendor 1b36: read-only (line 3)
-- table: pci class 0c0330/ffffff: pass (line 2)
-- table: pci class 0c0300/ffff00: hide (line 1)
-- table: pci class 020000/fe0000: hide (line 6)
