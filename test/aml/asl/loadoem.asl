// SPDX-License-Identifier: BSD-2-Clause
DefinitionBlock ("", "OEM1", 2, "WEIR", "OEMTAB", 1)
{
    Name (OEMV, 0x99)
}
