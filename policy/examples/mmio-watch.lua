-- SPDX-License-Identifier: BSD-2-Clause
--
-- Watches a register behind a PCI BAR: logs each write to an AHCI controller's Global HBA Control
-- (AHCI 1.3.1, 3.1.2: offset 4 behind BAR 5), wherever the guest moves the BAR, and says when a
-- write resets the controller. All AHCI controllers are meant: class 01h, subclass 06h.

on.mmio({class = 0x01, subclass = 0x06, bar = 5, offset = 4, size = 4, on_error = pass}, function(e)
    if e.write then
        local reset = e.value & 1 ~= 0 and " (reset)" or ""
        print(("ahci: %08Xh written to GHC at %Xh%s"):format(e.value, e.address, reset))
    end
end)
