-- SPDX-License-Identifier: BSD-2-Clause
--
-- Blocks port ranges: the guest reads FFh there, as if nothing stood at these ports, and what it
-- writes is dropped. Each attempt is logged.

-- Super I/O configuration: fan control, power, firmware flash of many mainboards.
io.deny{ports = "2Eh-2Fh, 4Eh-4Fh", log = true}

-- The channel through which QEMU hands configuration to its guest (fw_cfg).
io.deny{ports = "510h-51Bh", log = true}
