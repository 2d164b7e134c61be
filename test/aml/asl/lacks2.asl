// SPDX-License-Identifier: BSD-2-Clause
// A method that wants its argument fails, and the table with it.
DefinitionBlock ("", "SSDT", 2, "WEIR", "LACKS2", 1)
{
    External (\USES, MethodObj)
    Name (BEFO, 1)
    \USES () Method (MTH1) { Return (1) } Device (DEV1) { Method (SUB1) { Return (1) } }
    Name (AFTR, 1)
}
