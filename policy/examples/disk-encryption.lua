-- SPDX-License-Identifier: BSD-2-Clause
--
-- The guest's disk holds ciphertext only, its master boot record included; the guest sees plaintext.
-- The key is the boot module disk.key: 64 random bytes (./weir run makes it for the demo disk,
-- `./weir image --key FILE` puts yours on a boot medium). Any Linux opens the disk with it: see
-- doc/storage.md.

storage.encrypt{
    match = {port = 0},      -- better on a machine of your own: the serial = of your disk
    cipher = "aes-xts-plain64",
    key = module("disk.key"),
    trim = "drop",           -- "pass" would tell the disk, and who looks at it, what is unused
    require = true,          -- without that disk the guest is not started
}
