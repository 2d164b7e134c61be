// SPDX-License-Identifier: BSD-2-Clause
// A call's argument count is not known to who compiled this; it is settled when the statement runs.
DefinitionBlock ("", "DSDT", 2, "WEIR", "NOTIFY", 1)
{
    Name (LOG, 0)
    Device (\DEV0)
    {
        External (CALL, MethodObj, UnknownObj, {IntObj})
        Method (T000) { Notify (CALL (One), 0x02) Return (LOG) }
        Method (T001) { Store (CALL (0x21), LOG) Return (LOG) }
    }
    Method (LATE, 2) { Return (Add (Arg0, Arg1)) }
    Method (T002) { Return (Add (LATE (1, LATE (2, 3)), 4)) }
}
