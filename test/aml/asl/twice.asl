// SPDX-License-Identifier: BSD-2-Clause
// How often did twice1.asl run?
DefinitionBlock ("", "DSDT", 2, "WEIR", "TWICE", 1)
{
    Name (RUNS, Zero)
    Method (T000) { Return (RUNS) }
    Method (T001) { Return (CondRefOf (\AGN)) }
}
