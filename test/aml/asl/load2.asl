// SPDX-License-Identifier: BSD-2-Clause
DefinitionBlock ("", "SSDT", 2, "WEIR", "LOAD2", 1)
{
    Name (\NEW2, "second")
}
