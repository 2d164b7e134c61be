// SPDX-License-Identifier: BSD-2-Clause
// A duplicate block at the end of a scope: where the names after it land.
DefinitionBlock ("", "DSDT", 2, "WEIR", "DUPLIC", 1)
{
    Device (OUTR)
    {
        Device (INNR) { Name (AAAA, 1) }
        Device (INNR) { Name (BBBB, 2) }
    }
    Name (CCCC, 3)
    Name (DDDD, 4)
    Scope (OUTR) { Name (EEEE, 5) Method (EEEE) { Return (6) } }
    Name (FFFF, 7)
    Name (GGGG, 8)
    Scope (OUTR) { Name (HHHH, 9) Name (HHHH, 10) }
    Name (JJJJ, 11)
    Method (T000) { Return (DDDD) }
    Method (T001) { Return (JJJJ) }
}
