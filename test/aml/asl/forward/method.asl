// SPDX-License-Identifier: BSD-2-Clause
DefinitionBlock ("", "SSDT", 2, "WEIR", "METHOD", 1)
{
    External (\DEV0, DeviceObj)
    External (\LOG, IntObj)
    Scope (\DEV0) { Method (CALL, 1) { Store (Arg0, \LOG) Return (\DEV0) } }
}
