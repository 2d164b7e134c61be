// SPDX-License-Identifier: BSD-2-Clause
// What follows a call becomes its arguments, made or not, if it declares a name; else the call fails.
DefinitionBlock ("", "SSDT", 2, "WEIR", "LACKS1", 1)
{
    External (\NONE, MethodObj)
    External (\GONE, DeviceObj)
    Name (BEFO, 1)
    OperationRegion (OPR, SystemMemory, 0, 16)
    \NONE () Method (MTH1) { Return (1) } Device (DEV1) { Method (SUB1) { Return (1) } }
    If (Zero) { Name (NO, 1) } Else { \NONE () }
    Name (NAM2, 2) Scope (\GONE) { Name (NO2, 1) }
    \NONE () Mutex (MTX3, 0) Event (EVT3)
    \NONE () Alias (BEFO, ALI4) ThermalZone (TZ4) {}
    \NONE () Processor (CPU5, 1, 0, 0) {} PowerResource (PWR5, 0, 0) {}
    \NONE () OperationRegion (OPR6, SystemMemory, 0, 16) Name (BEFO, 1)
    \NONE () Field (OPR, ByteAcc, NoLock, Preserve) { FLD7, 8 } Name (NAM7, 7)
    \NONE () Noop Name (NAM8, 8)
    Name (AFTR, 1)
}
