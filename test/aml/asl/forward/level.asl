// SPDX-License-Identifier: BSD-2-Clause
// Code at table level: calls of what comes later, conditional declarations, errors in the middle, duplicates.
DefinitionBlock ("", "DSDT", 2, "WEIR", "LEVEL", 1)
{
    Name (RES, 0)
    Name (SUM, 0)
    External (\NOWH, MethodObj, IntObj, {IntObj, IntObj})
    If (CondRefOf (\FWD1)) { Store (1, RES) } Else { Store (0xEE, RES) }
    Method (FWD1, 2) { Return (Add (Arg0, Arg1)) }
    Store (FWD1 (3, 4), SUM)
    If (LEqual (SUM, 7)) { Name (YES, 1) Method (CND, 1) { Return (Add (Arg0, YES)) } } Else { Name (NO, 1) }
    Device (DEVA) { Name (X, 1) Store (NOWH (1, 2), RES) Name (Y, 2) }
    Name (AFT, 3)
    Device (DEVB) { If (NOWH (1, 2)) { Name (P, 1) } Else { Name (Q, 1) } Name (R, 2) }
    Name (BEF, 4)
    Device (DEVA) { Name (Z, 3) }
    Name (FOLL, 5)
    Scope (DEVB) { Device (DUP) { Name (A, 1) } Device (DUP) { Name (B, 1) } }
    Name (LAST, 6)
    Scope (\NONE) { Name (N, 1) }
    OperationRegion (REG0, SystemMemory, NOWH (1, 2), 8)
    Name (AREG, 7)
    Store (Divide (1, Zero), RES)
    Name (ADIV, 8)
    While (LLess (SUM, 10)) { Increment (SUM) }
    Method (T000) { Return (Package () { RES, SUM }) }
    Method (T001) { Return (CND (4)) }
    Method (T002) { Return (CondRefOf (\NO)) }
    Method (T003) { Return (\DEVA.X) }
    Method (T004) { Return (\DEVB.R) }
    Method (T005) { Return (\ADIV) }
    Method (T006) { Return (\LAST) }
}
