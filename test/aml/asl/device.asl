// SPDX-License-Identifier: BSD-2-Clause
// Bringing devices to life: what order _REG, _INI and _STA run in, which spaces are there, and what they refuse.
DefinitionBlock ("", "DSDT", 2, "WEIR", "DEVICE", 1)
{
    Name (LOG, Package (48) {})
    Name (NEXT, Zero)
    Method (SAY, 2) { Store (Concatenate (Arg0, Arg1), Index (LOG, NEXT)) Increment (NEXT) }

    Device (RMEM) { Name (_ADR, 1) OperationRegion (RG, SystemMemory, 0, 16) Method (_REG, 2) { SAY ("mem", Arg0) } }
    Device (RIO) { Name (_ADR, 1) OperationRegion (RG, SystemIO, 0, 16) Method (_REG, 2) { SAY ("io", Arg0) } }
    Device (RPCI) { Name (_ADR, 1) OperationRegion (RG, PCI_Config, 0, 16) Method (_REG, 2) { SAY ("pci", Arg0) } }
    Device (REC) { Name (_ADR, 1) OperationRegion (RG, EmbeddedControl, 0, 16) Method (_REG, 2) { SAY ("ec", Arg0) } }
    Device (RSMB) { Name (_ADR, 1) OperationRegion (RG, SMBus, 0, 16) Method (_REG, 2) { SAY ("smb", Arg0) } }
    Device (RCMO) { Name (_ADR, 1) OperationRegion (RG, SystemCMOS, 0, 16) Method (_REG, 2) { SAY ("cmos", Arg0) } }
    Device (RGSB) { Name (_ADR, 1) OperationRegion (RG, GenericSerialBus, 0, 16) Method (_REG, 2) { SAY ("gsb", Arg0) } }
    Device (ROEM) { Name (_ADR, 1) OperationRegion (RG, 0x80, 0, 16) Method (_REG, 2) { SAY ("oem", Arg0) } }
    Device (RNON)
    {
        Name (_ADR, 1)
        OperationRegion (RG, 0x81, 0, 16)
        Field (RG, ByteAcc, NoLock, Preserve) { NONE, 8 }
        Method (_REG, 2) { SAY ("none", Arg0) }
        Method (T010) { Store (5, NONE) Return (NONE) }
    }

    Method (_INI) { SAY ("root", "ini") }
    Scope (\_SB)
    {
        Method (_INI) { SAY ("sb", "ini") }
        Device (BUS)
        {
            Name (_HID, "WEIR0001")
            Method (_STA) { SAY ("bus", "sta") Return (15) }
            Method (_INI) { SAY ("bus", "ini") }
            Device (EC)
            {
                Name (_HID, EisaId ("PNP0C09"))
                OperationRegion (RG, EmbeddedControl, 0, 255)
                Method (_STA) { SAY ("ec", "sta") Return (15) }
                Method (_REG, 2) { SAY ("present ec", Arg0) }
                Method (_INI) { SAY ("ec", "ini") }
            }
            // Absent but functioning: its children count.
            Device (HALF)
            {
                Method (_STA) { SAY ("half", "sta") Return (8) }
                Method (_INI) { SAY ("half", "ini") }
                Device (SUB) { Method (_INI) { SAY ("half sub", "ini") } }
            }
            Device (GONE)
            {
                Method (_STA) { SAY ("gone", "sta") Return (Zero) }
                Method (_INI) { SAY ("gone", "ini") }
                Device (SUB) { Method (_INI) { SAY ("gone sub", "ini") } }
            }
            Device (PLAI) { Method (_STA) { SAY ("plain", "sta") Return (15) } }
            ThermalZone (TZ) { Method (_INI) { SAY ("tz", "ini") } }
            Processor (CPU, 1, 0, 0) { Method (_INI) { SAY ("cpu", "ini") } }
            PowerResource (PWR, 0, 0) { Method (_INI) { SAY ("pwr", "ini") } }
        }
    }
    Method (T000) { Return (LOG) }

    // Ports end at 64 KiB.
    OperationRegion (HIGH, SystemIO, 0x12345, 16)
    Field (HIGH, ByteAcc, NoLock, Preserve) { BEYO, 8 }
    OperationRegion (TOPP, SystemIO, 0xFFFC, 16)
    Field (TOPP, ByteAcc, NoLock, Preserve) { , 24, LAST, 8, PAST, 8 }
    Field (TOPP, DWordAcc, NoLock, Preserve) { WHOL, 32, NEXD, 32 }
    Method (T001) { Return (BEYO) }
    Method (T002) { Store (5, BEYO) Return (1) }
    Method (T003) { Store (5, LAST) Return (LAST) }
    Method (T004) { Store (5, PAST) Return (PAST) }
    Method (T005) { Store (5, WHOL) Return (WHOL) }
    Method (T006) { Store (5, NEXD) Return (NEXD) }
}
