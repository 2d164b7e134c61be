// SPDX-License-Identifier: BSD-2-Clause
// Methods that lacks1.asl and lacks2.asl call at table level without their arguments.
DefinitionBlock ("", "DSDT", 2, "WEIR", "LACKS", 1)
{
    Name (RUNS, Zero)
    Method (USES, 2) { Increment (RUNS) If (LEqual (Arg0, 1)) { Return (5) } Return (6) }
    Method (NONE, 2) { Increment (RUNS) Return (7) }
    Method (T000) { Return (RUNS) }
    Method (T001) { Return (CondRefOf (\BEFO)) }
    Method (T002) { Return (CondRefOf (\AFTR)) }
}
