io.log{ports = 0x60}
io.log{ports = "70h-71h, 0x80 , 144-145"}
io.log{ports = {0x100, "102h-103h", "0x106"}}
io.log{ports = 0x110 + 0.0}
-- table: io 0060h-0060h: pass, logged (line 1)
-- table: io 0070h-0071h: pass, logged (line 2)
-- table: io 0080h-0080h: pass, logged (line 2)
-- table: io 0090h-0091h: pass, logged (line 2)
-- table: io 0100h-0100h: pass, logged (line 3)
-- table: io 0102h-0103h: pass, logged (line 3)
-- table: io 0106h-0106h: pass, logged (line 3)
-- table: io 0110h-0110h: pass, logged (line 4)
