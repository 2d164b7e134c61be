// SPDX-License-Identifier: BSD-2-Clause
// Load, LoadTable, Unload, DataTableRegion. asl.py puts compiled tables where it says TABLE1 and TABLE2.
DefinitionBlock ("", "DSDT", 2, "WEIR", "LOAD", 1)
{
    Name (TAB1, Buffer () { TABLE1 })
    Name (TAB2, Buffer () { TABLE2 })
    Name (PARM, 0)
    Name (HNDL, 0)
    OperationRegion (MEM, SystemMemory, 0x10000, 0x1000)
    Field (MEM, ByteAcc, NoLock, Preserve) { WHOL, 4096 }
    Method (T000) { Load (TAB1, Local0) Return (\NEW1.VAL) }
    Method (T001) { Return (CondRefOf (\NEW1)) }
    Method (T002) { Load (TAB1, Local0) Return (1) }
    Method (T003) { Return (\NEW1.MTH (5)) }
    Method (T010) { Return (CondRefOf (\OEMV)) }
    Method (T011) { Local0 = LoadTable ("OEM1", "WEIR", "OEMTAB", "\\", "PARM", 0x77) Return (ObjectType (Local0)) }
    Method (T012) { Return (Package () { \OEMV, \PARM }) }
    Method (T013) { Return (LoadTable ("OEM2", "", "", "", "", 0)) }
    Method (T014) { Return (LoadTable ("OEM1", "WEIR", "OEMTAB", "", "", 0)) }
    Method (T015) { Return (LoadTable ("OEM1", "TOOLONG7", "", "", "", 0)) }
    Method (T020) { DataTableRegion (DTR, "OEM1", "", "") Field (DTR, DWordAcc, NoLock, Preserve) { SIGN, 32, LENG, 32 } Return (SIGN) }
    Method (T021) { DataTableRegion (DTR, "OEM9", "", "") Return (1) }
    Method (T030) { WHOL = TAB2 Load (MEM, HNDL) Return (\NEW2) }
    Method (T031) { Return (ObjectType (HNDL)) }
    Method (T032) { Unload (HNDL) Return (CondRefOf (\NEW2)) }
    Method (T033) { Return (CondRefOf (\NEW2)) }
    Method (T034) { Unload (HNDL) Return (1) }
    Method (T035) { Load (PARM, Local0) Return (1) }
    Method (T036) { Name (SHRT, Buffer (8) {}) Load (SHRT, Local0) Return (1) }
    Method (T037) { Name (ZERB, Buffer (64) {}) Load (ZERB, Local0) Return (1) }
    Method (T038) { Local0 = TAB1 Local0[0] = 0x58 Name (BAD, 0) CopyObject (Local0, BAD) Load (BAD, Local1) Return (1) }
    // Loaded, unloaded and loaded again it is one table, and found as loaded.
    Method (T050) { WHOL = TAB2 Load (MEM, HNDL) Return (\NEW2) }
    Method (T051) { Return (LoadTable ("SSDT", "WEIR", "LOAD2", "\\", "", 0)) }
}
