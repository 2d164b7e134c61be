// SPDX-License-Identifier: BSD-2-Clause
DefinitionBlock ("", "SSDT", 2, "WEIR", "LOAD1", 1)
{
    Device (\NEW1) { Name (VAL, 0x1234) Method (MTH, 1) { Return (Add (Arg0, VAL)) } }
}
