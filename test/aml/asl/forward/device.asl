// SPDX-License-Identifier: BSD-2-Clause
DefinitionBlock ("", "SSDT", 2, "WEIR", "DEVICE", 1)
{
    External (\DEV0, DeviceObj)
    Scope (\DEV0) { Device (CALL) { Name (_ADR, 3) } }
}
