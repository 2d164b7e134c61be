// SPDX-License-Identifier: BSD-2-Clause
DefinitionBlock ("", "SSDT", 2, "WEIR", "TWICE1", 1)
{
    External (RUNS, IntObj)
    Increment (RUNS)
    If (LEqual (RUNS, 2)) { Name (\AGN, "again") }
}
