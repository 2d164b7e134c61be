// SPDX-License-Identifier: BSD-2-Clause
// The same with 32-bit integers (revision 1). Operands come from names, so that the compiler cannot fold them.
DefinitionBlock ("", "DSDT", 1, "WEIR", "INTEGE32", 1)
{
    Name (A, 0x123456789ABCDEF0)
    Name (B, 0x0F0F0F0F)
    Name (C, 7)
    Name (Z, 0)
    Name (M, 0xFFFFFFFFFFFFFFFF)
    Name (T, 0)
    Name (U, 0)

    Method (T000) { Return (Add (A, B)) }
    Method (T001) { Add (M, C, T) Return (T) }
    Method (T002) { Return (Subtract (B, A)) }
    Method (T003) { Subtract (Z, One, T) Return (T) }
    Method (T004) { Return (Multiply (A, C)) }
    Method (T005) { Multiply (M, M, T) Return (T) }
    Method (T006) { Divide (A, C, T, U) Return (Package () { T, U }) }
    Method (T007) { Divide (A, C, Local0, Local1) Local2 = Package (2) {} Local2[0] = Local0 Local2[1] = Local1 Return (Local2) }
    Method (T008) { Return (Divide (A, C)) }
    Method (T009) { Return (Divide (A, Z)) }
    Method (T010) { Return (Mod (A, C)) }
    Method (T011) { Return (Mod (A, Z)) }
    Method (T012) { Return (And (A, B)) }
    Method (T013) { Return (NAnd (A, B)) }
    Method (T014) { Return (Or (A, B)) }
    Method (T015) { Return (NOr (A, B)) }
    Method (T016) { Return (XOr (A, B)) }
    Method (T017) { Return (Not (A)) }
    Method (T018) { Not (A, T) Return (T) }
    Method (T019) { Return (ShiftLeft (A, C)) }
    Method (T020) { Return (ShiftRight (A, C)) }
    Method (T021) { Return (ShiftLeft (A, 63)) }
    Method (T022) { Return (ShiftLeft (A, 64)) }
    Method (T023) { Return (ShiftRight (A, 64)) }
    Method (T024) { Return (ShiftRight (M, 63)) }
    Method (T025) { Return (FindSetLeftBit (A)) }
    Method (T026) { Return (FindSetLeftBit (Z)) }
    Method (T027) { Return (FindSetRightBit (A)) }
    Method (T028) { Return (FindSetRightBit (Z)) }
    Method (T029) { Return (FindSetLeftBit (M)) }
    Method (T030) { Return (FindSetRightBit (M)) }
    Method (T031) { Return (FromBCD (0x1234567890123456)) }
    Method (T032) { Return (FromBCD (0x12A4)) }
    Method (T033) { Return (ToBCD (1234567890123456)) }
    Method (T034) { Return (ToBCD (12345678901234567)) }
    Method (T035) { Local0 = 5 Increment (Local0) Return (Local0) }
    Method (T036) { Local0 = 0 Decrement (Local0) Return (Local0) }
    Method (T037) { T = 41 T++ Return (T) }
    Method (T038) { T = 41 Return (Increment (T)) }
    Method (T039) { Return (LAnd (A, Z)) }
    Method (T040) { Return (LAnd (A, B)) }
    Method (T041) { Return (LOr (Z, Z)) }
    Method (T042) { Return (LOr (Z, C)) }
    Method (T043) { Return (LNot (A)) }
    Method (T044) { Return (LNot (Z)) }
    Method (T045) { Return (LEqual (A, A)) }
    Method (T046) { Return (LNotEqual (A, B)) }
    Method (T047) { Return (LLess (A, B)) }
    Method (T048) { Return (LGreater (A, B)) }
    Method (T049) { Return (LLessEqual (A, A)) }
    Method (T050) { Return (LGreaterEqual (B, A)) }
    Method (T051) { Return (Ones) }
    Method (T052) { Return (One) }
    Method (T053) { Return (Zero) }
    Method (T055) { Store (Add (Multiply (C, C), Subtract (A, B)), T) Return (T) }
    Method (T056) { Local0 = 3 Return (Add (Local0, Increment (Local0))) }
    Method (T057) { Local0 = 3 Return (Add (Increment (Local0), Local0)) }
    Method (T058) { T = 3 Return (Add (T, Increment (T))) }
    Method (T059) { T = 3 Return (Subtract (Increment (T), T)) }
    Method (T061) { Add (1, 2, Local0) Add (Local0, Local0, Local0) Return (Local0) }
    Method (T062) { Return (ToBCD (0)) }
    Method (T063) { Return (FromBCD (0)) }
    Method (T064) { Return (0x80000000) }
    Method (T065) { Return (LLess (0x8000000000000000, 1)) }
    Method (T066) { Local0 = A Local0 += 1 Local0 <<= 4 Local0 ^= 0xFF Local0 &= 0xFFFFFFFF Return (Local0) }
    Method (T067) { Return (Local3) }
    Method (T068) { Return (Add (Local3, 1)) }
    Method (T069, 0) { Store (Local1, Local1) Return (9) }
}
