-- SPDX-License-Identifier: BSD-2-Clause
--
-- What `./weir bench` measures under: one port and one page for the watch service, one port for a
-- Lua function. Everything else is as with the default policy.

io.log{ports = "E4h"}
mmio.log{address = 0xFED00000, size = 0x1000}
on.io("E5h", function(e) return pass end)
