// SPDX-License-Identifier: BSD-2-Clause
// References, Index, SizeOf, ObjectType, arguments and locals by reference, CopyObject.
DefinitionBlock ("", "DSDT", 2, "WEIR", "REFER", 1)
{
    Name (I, 0x55)
    Name (S, "hello")
    Name (B, Buffer () { 1, 2, 3, 4 })
    Name (P, Package () { 1, "two", Buffer () { 3, 4 }, Package () { 5, 6 }, I, S, \D, N })
    Name (N, 0x99)
    Name (Q, "\\I")
    Name (EP, Package (4) { 1 })
    OperationRegion (R, SystemMemory, 0x1000, 0x100)
    Field (R, ByteAcc) { RF, 8, RG, 24 }
    Device (D) { Name (_ADR, 4) Method (M) { Return (0x44) } }
    Mutex (X, 3)
    Event (V)
    PowerResource (W, 0, 0) {}
    Processor (C0, 1, 0x410, 6) {}
    ThermalZone (TZ) {}
    Alias (I, AI)
    Alias (D, AD)
    Method (MA, 2) { Return (Add (Arg0, Arg1)) }
    Alias (MA, MAA)
    CreateWordField (B, 1, BF)

    Method (T000) { Return (DerefOf (RefOf (I))) }
    Method (T001) { Local0 = RefOf (I) Return (DerefOf (Local0)) }
    Method (T002) { Local0 = RefOf (I) DerefOf (Local0) = 7 Local1 = I I = 0x55 Return (Local1) }
    Method (T003) { Local0 = 5 Local1 = RefOf (Local0) Return (DerefOf (Local1)) }
    Method (T004) { Local0 = 5 Local1 = RefOf (Local0) Local0 = 6 Return (DerefOf (Local1)) }
    Method (T005) { Return (DerefOf (Q)) }
    Method (T006) { Local0 = "I" Return (DerefOf (Local0)) }
    Method (T007) { Local0 = "NONE" Return (DerefOf (Local0)) }
    Method (T008) { Return (DerefOf (I)) }
    Method (T009) { Local0 = 5 Return (DerefOf (Local0)) }
    Method (T010) { Return (CondRefOf (I)) }
    Method (T011) { Return (CondRefOf (ZZZZ)) }
    Method (T012) { CondRefOf (I, Local0) Return (DerefOf (Local0)) }
    Method (T013) { If (CondRefOf (\D.M)) { Return (1) } Return (0) }
    Method (T014) { Return (CondRefOf (Local0)) }
    Method (T015) { Return (DerefOf (RefOf (P))) }
    Method (T016) { Return (DerefOf (RefOf (RF))) }
    Method (T017) { RF = 0x77 Return (DerefOf (RefOf (RF))) }
    Method (T018) { Return (RefOf (I)) }
    Method (T019) { Return (RefOf (D)) }

    Method (T020) { Return (P) }
    Method (T021) { Return (DerefOf (P[0])) }
    Method (T022) { Return (DerefOf (P[1])) }
    Method (T023) { Return (DerefOf (Index (DerefOf (P[3]), 1))) }
    Method (T024) { Return (P[2]) }
    Method (T025) { Return (DerefOf (P[9])) }
    Method (T026) { Return (DerefOf (EP[2])) }
    Method (T027) { EP[2] = 7 Return (EP) }
    Method (T028) { EP[1] = P Local0 = DerefOf (EP[1]) Local0[0] = 9 Return (P) }
    Method (T029) { Return (DerefOf (B[2])) }
    Method (T030) { Local0 = B Local0[2] = 0x1FF Return (Local0) }
    Method (T031) { Local0 = S Local0[0] = 0x48 Return (Package () { S }) }
    Method (T032) { Local0 = "hello" Local0[0] = "Joe" Return (Local0) }
    Method (T033) { Return (DerefOf (S[1])) }
    Method (T034) { Return (S[5]) }
    Method (T035) { Return (B[4]) }
    Method (T036) { Local0 = Index (P, 1) Return (DerefOf (Local0)) }
    Method (T037) { Local0 = Index (P, 1, Local1) Return (DerefOf (Local1)) }
    Method (T038) { Return (Add (P[0], 5)) }
    Method (T039) { Return (Add (B[0], 5)) }
    Method (T040) { If (P[0]) { Return (1) } Return (0) }
    Method (T041) { Return (Index (I, 0)) }
    Method (T042) { Local0 = P Local0[4] = 0x31 Return (Package () { I }) }
    Method (T043) { DerefOf (P[3])[0] = 0x32 Local0 = DerefOf (P[3]) Return (Local0) }
    Method (T044) { Return (DerefOf (DerefOf (P[3])[1])) }
    Method (T045) { Local0 = Package () { Package () { Package () { 1 } } } DerefOf (DerefOf (Local0[0])[0])[0] = 8 Return (Local0) }

    Method (T050) { Return (SizeOf (S)) }
    Method (T051) { Return (SizeOf (B)) }
    Method (T052) { Return (SizeOf (P)) }
    Method (T053) { Return (SizeOf (I)) }
    Method (T054) { Return (SizeOf (D)) }
    Method (T055) { Local0 = "abc" Return (SizeOf (Local0)) }
    Method (T056) { Return (SizeOf (Local5)) }
    Method (T057) { Local0 = RefOf (B) Return (SizeOf (Local0)) }
    Method (T058) { Return (SizeOf (P[1])) }
    Method (T059) { Return (SizeOf (RF)) }

    Method (T060) { Return (ObjectType (I)) }
    Method (T061) { Return (ObjectType (S)) }
    Method (T062) { Return (ObjectType (B)) }
    Method (T063) { Return (ObjectType (P)) }
    Method (T064) { Return (ObjectType (RF)) }
    Method (T065) { Return (ObjectType (D)) }
    Method (T066) { Return (ObjectType (V)) }
    Method (T067) { Return (ObjectType (MA)) }
    Method (T068) { Return (ObjectType (X)) }
    Method (T069) { Return (ObjectType (R)) }
    Method (T070) { Return (ObjectType (W)) }
    Method (T071) { Return (ObjectType (C0)) }
    Method (T072) { Return (ObjectType (TZ)) }
    Method (T073) { Return (ObjectType (BF)) }
    Method (T074) { Return (ObjectType (Debug)) }
    Method (T075) { Return (ObjectType (Local0)) }
    Method (T076) { Local0 = RefOf (S) Return (ObjectType (Local0)) }
    Method (T077) { Return (ObjectType (P[0])) }
    Method (T078) { Return (ObjectType (P[6])) }
    Method (T079) { Return (ObjectType (EP[3])) }
    Method (T080) { Return (ObjectType (B[1])) }
    Method (T081) { Return (ObjectType (AD)) }
    Method (T082) { Return (ObjectType (\_SB)) }
    Method (T083) { Local0 = Index (P, 3) Return (ObjectType (Local0)) }
    Method (T084) { Return (ObjectType (\_GPE)) }

    Method (ST0, 1) { Arg0 = 3 Return (Arg0) }
    Method (ST1, 1) { Arg0[0] = 0x33 }
    Method (ST2, 2) { Arg0 = Arg1 }
    Method (ST3, 1) { Increment (Arg0) Return (Arg0) }
    Method (ST4, 1) { Local0 = Arg0 Local0 = 9 Return (Arg0) }
    Method (ST5, 1) { Return (ObjectType (Arg0)) }
    Method (ST6, 1) { Return (DerefOf (Arg0)) }
    Method (T100) { ST0 (I) Return (I) }
    Method (T101) { ST0 (RefOf (I)) Local0 = I I = 0x55 Return (Local0) }
    Method (T102) { Local0 = Buffer () { 1, 2 } ST1 (Local0) Return (Local0) }
    Method (T103) { ST1 (P) Return (DerefOf (P[0])) }
    Method (T104) { Local0 = 1 ST2 (RefOf (Local0), "text") Return (Local0) }
    Method (T105) { Name (T, 1) ST2 (RefOf (T), "text") Return (T) }
    Method (T106) { Local0 = 7 ST3 (Local0) Return (Local0) }
    Method (T107) { Return (ST4 (5)) }
    Method (T108) { Return (ST5 (D)) }
    Method (T109) { Return (ST5 (RefOf (D))) }
    Method (T110) { Return (ST6 (RefOf (S))) }
    Method (T111) { Return (ST6 (P[1])) }
    Method (T112) { Return (ST5 (P[1])) }
    Method (T113) { Return (MAA (3, 4)) }
    Method (T114) { Return (AI) }
    Method (T115) { AI = 3 Local0 = I I = 0x55 Return (Local0) }
    Method (T116) { Return (AD.M ()) }
    Method (T117) { Return (AD._ADR) }
    Method (T118) { Local0 = 1 Local1 = RefOf (Local0) DerefOf (Local1) = "str" DerefOf (Local1) = 7 Return (Local0) }
    Method (T119) { Name (T, 1) Local1 = RefOf (T) DerefOf (Local1) = "7" Return (T) }

    Method (T120) { Name (T, 1) CopyObject ("str", T) Return (T) }
    Method (T121) { Name (T, 1) CopyObject (P, T) Return (T) }
    Method (T122) { CopyObject (S, Local0) Local0[0] = 0x5A Return (S) }
    Method (T123) { Name (T, "abc") CopyObject (5, T) Return (T) }
    Method (T124) { RF = 1 CopyObject (0x99, RF) Return (RF) }
    Method (T125) { CopyObject (P[1], Local0) Return (Local0) }
    Method (T126) { CopyObject (RefOf (I), Local0) Return (DerefOf (Local0)) }
    Method (T127) { Name (T, 1) CopyObject (D, T) Return (ObjectType (T)) }
    Method (T128) { CopyObject (MA, Local0) Return (ObjectType (Local0)) }

    Method (T130) { D = 1 Return (0) }
    Method (T131) { Local0 = D Return (0) }
    Method (T132) { X = 1 Return (0) }
    Method (T133) { P = 1 Return (0) }
    Method (T134) { Local0 = P Local0 = 1 Return (Local0) }
    Method (T135) { Name (T, Package () { 1 }) T = Package () { 2, 3 } Return (T) }
    Method (T136) { Name (T, 5) T = Package () { 2, 3 } Return (T) }
    Method (T137) { Debug = P Debug = D Debug = "x" Debug = Local0 Return (1) }
    Method (T138) { Debug = "x" Return (1) }
    Method (T139) { Return (D) }
    Method (T140) { Return (Package () { D, W, TZ, C0, X, R, RF, BF, I, S }) }
    Method (T154) { Return (Package () { MA, 5, 6, 7 }) }
    Method (T141) { Return (Package (3) { 1 }) }
    Method (T142) { Local0 = 3 Return (Package (Local0) { 1, 2 }) }
    Method (T143) { Return (Package (1) { ZZZZ }) }
    Method (T144) { Return (C0) }
    Method (T145) { Return (W) }
    Method (T146) { Return (X) }
    Method (T147) { Return (Match (Package () { 1, 2, 3, 4 }, MEQ, 3, MTR, 0, 0)) }
    Method (T148) { Return (Match (Package () { 1, 2, 3, 4 }, MGT, 1, MLT, 4, 2)) }
    Method (T149) { Return (Match (Package () { 1, 2, 3, 4 }, MGE, 9, MTR, 0, 0)) }
    Method (T150) { Return (Match (Package () { "a", "b", 3, Buffer () { 3 } }, MEQ, "b", MTR, 0, 0)) }
    Method (T151) { Return (Match (Package () { 1, 2 }, MLE, 1, MTR, 0, 5)) }
    Method (T152) { Return (Match (Package () { "10", 0x10, Package () { 1 } }, MEQ, 0x10, MTR, 0, 1)) }
    Method (T153) { Return (Match (Package (3) {}, MTR, 0, MTR, 0, 0)) }
}
