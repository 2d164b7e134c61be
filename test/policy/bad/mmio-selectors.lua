-- expect 3: can mean the same registers as the rule in line 2
mmio.deny{class_code = 0x010600, class_mask = 0xFFFF00, bar = 5}
mmio.log{class_code = 0x010000, class_mask = 0xFF00FF, bar = 5}
