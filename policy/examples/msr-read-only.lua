-- SPDX-License-Identifier: BSD-2-Clause
--
-- Read-only MSRs: the guest sees the memory types that the firmware set up (MTRRs), but what it
-- writes to them is dropped. With on_write = "fault" it would get #GP instead.

msr.read_only{
    msrs = {
        "200h-20Fh",              -- variable ranges
        "250h, 258h-259h",        -- fixed ranges below 1 MiB
        "268h-26Fh",
        "2FFh",                   -- the default type
    },
    on_write = "ignore",
    log = true,
}
