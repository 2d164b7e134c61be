-- SPDX-License-Identifier: BSD-2-Clause
--
-- Hides every USB controller (UHCI, OHCI, EHCI and xHCI alike), so that the guest has no USB at
-- all: class 0Ch is serial buses, subclass 03h of it USB. The PCI functions do not exist for it.

pci.hide{class = 0x0C, subclass = 0x03}

-- One controller could be left visible by its address as lspci prints it; the more specific rule
-- decides, wherever it stands:
-- pci.allow{address = "00:1d.0"}
