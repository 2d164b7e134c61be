// SPDX-License-Identifier: BSD-2-Clause
// Flow of control, scopes, names made by methods, recursion, mutexes, events.
DefinitionBlock ("", "DSDT", 2, "WEIR", "CONTROL", 1)
{
    Name (G, 0)
    Mutex (M0, 0)
    Mutex (M3, 3)
    Mutex (M7, 7)
    Event (EV)
    Device (D0)
    {
        Name (X, 1)
        Device (D1)
        {
            Name (Y, 2)
            Method (UP) { Return (Package () { X, ^X, ^^G, \G, Y }) }
            Method (FND) { Return (X) }
            Method (SHD) { Name (X, 77) Return (X) }
        }
        Method (CHD) { Return (D1.Y) }
        Method (UPS) { Return (^D0.D1.Y) }
    }

    Method (T000) { If (1) { Return (1) } Else { Return (2) } }
    Method (T001) { If (0) { Return (1) } Else { Return (2) } }
    Method (T002) { If (0) { Return (1) } ElseIf (1) { Return (2) } Else { Return (3) } }
    Method (T003) { If (0) { Return (1) } ElseIf (0) { Return (2) } Else { Return (3) } }
    Method (T004) { Local0 = 0 While (LLess (Local0, 10)) { Local0++ } Return (Local0) }
    Method (T005) { Local0 = 0 While (1) { Local0++ If (LEqual (Local0, 5)) { Break } } Return (Local0) }
    Method (T006) { Local0 = 0 Local1 = 0 While (LLess (Local0, 10)) { Local0++ If (Local0 & 1) { Continue } Local1 += Local0 } Return (Local1) }
    Method (T007) { Local0 = 0 Local2 = 0 While (LLess (Local0, 3)) { Local0++ Local1 = 0 While (LLess (Local1, 3)) { Local1++ If (LEqual (Local1, 2)) { Break } Local2++ } } Return (Local2) }
    Method (T008) { While (0) { Return (1) } Return (2) }
    Method (T009) { While (1) { If (1) { If (1) { Break } } } Return (3) }
    Method (T010) { Switch (G) { Case (0) { Return ("zero") } Case (1) { Return ("one") } Default { Return ("more") } } }
    Method (T011) { Switch (ToInteger (3)) { Case (Package () { 1, 2 }) { Return ("small") } Case (Package () { 3, 4 }) { Return ("mid") } } Return ("none") }
    Method (T012) { Noop Return (4) }
    Method (T013) { }
    Method (T014) { Return () }
    Method (T015) { G = 5 If (0) {} Else { If (1) { G = 6 } } Return (G) }
    Method (FIB, 1) { If (LLess (Arg0, 2)) { Return (Arg0) } Return (Add (FIB (Subtract (Arg0, 1)), FIB (Subtract (Arg0, 2)))) }
    Method (T016) { Return (FIB (12)) }
    Method (DEEP, 1) { If (Arg0) { Return (Add (1, DEEP (Subtract (Arg0, 1)))) } Return (0) }
    Method (T017) { Return (DEEP (100)) }
    Method (T018) { Return (DEEP (300)) }
    Method (NAMM) { Name (LOC, 3) LOC = 4 Return (LOC) }
    Method (T019) { Return (Add (NAMM (), NAMM ())) }
    Method (NAM2, 1) { Name (LOC, 3) If (Arg0) { Return (NAM2 (0)) } Return (LOC) }
    Method (T020) { Return (NAM2 (1)) }
    Method (T021) { Name (\D0.NEW, 5) Local0 = \D0.NEW Return (Local0) }
    Method (T022) { Return (CondRefOf (\D0.NEW)) }
    Method (T023) { Scope (\D0) { Name (IN, 8) } Return (\D0.IN) }
    Method (T024) { Return (CondRefOf (\D0.IN)) }
    Method (T025) { Return (\D0.D1.UP ()) }
    Method (T026) { Return (\D0.D1.FND ()) }
    Method (T027) { Return (\D0.D1.SHD ()) }
    Method (T028) { Return (\D0.CHD ()) }
    Method (T029) { Return (\D0.UPS ()) }
    Method (T030) { Name (A, 1) Name (A, 2) Return (A) }
    Method (T031) { Return (ZZZZ) }
    Method (T032) { ZZZZ = 1 Return (1) }
    Method (T033) { Device (TMP) { Name (V, 3) Method (MM) { Return (V) } } Return (TMP.MM ()) }
    Method (T034) { Break }
    Method (T035) { Fatal (1, 2, 3) Return (6) }
    Method (T036) { Local0 = 0 While (Local0 < 1000) { Local0++ Local1 = Concatenate ("a", Local0) } Return (Local1) }
    Method (FAIL) { Return (Divide (1, Zero)) }
    Method (T037) { FAIL () Return (1) }
    Method (NONE) { }
    Method (T038) { Local0 = NONE () Return (1) }
    Method (T039) { NONE () Return (1) }
    Method (T040) { Return (Add (NONE (), 1)) }
    Method (T041) { If (NONE ()) { Return (1) } Return (2) }

    Method (T100) { Local0 = Acquire (M0, 0xFFFF) Release (M0) Return (Local0) }
    Method (T101) { Release (M0) Return (1) }
    Method (T102) { Acquire (M0, 0) Acquire (M0, 0) Release (M0) Release (M0) Return (2) }
    Method (T103) { Acquire (M3, 0) Acquire (M0, 0) Return (3) }
    Method (T104) { Acquire (M0, 0) Acquire (M3, 0) Acquire (M7, 0) Release (M7) Release (M3) Release (M0) Return (4) }
    Method (T105) { Acquire (M0, 0) Acquire (M3, 0) Release (M0) Return (5) }
    Method (T106) { Acquire (M7, 0) Return (6) }
    Method (T107) { Local0 = Acquire (M0, 0) Return (Local0) }
    Method (SER3, 0, Serialized, 3) { Acquire (M3, 0) Release (M3) Return (8) }
    Method (SER5, 0, Serialized, 5) { Acquire (M3, 0) Release (M3) Return (9) }
    Method (T108) { Return (SER3 ()) }
    Method (T109) { Return (SER5 ()) }
    Method (T110) { Acquire (M7, 0) Return (SER3 ()) }
    Method (REC, 1, Serialized) { If (Arg0) { Return (REC (Subtract (Arg0, 1))) } Return (11) }
    Method (T111) { Return (REC (5)) }
    Method (T112) { Signal (EV) Return (Wait (EV, 0)) }
    Method (T113) { Return (Wait (EV, 0)) }
    Method (T114) { Signal (EV) Signal (EV) Reset (EV) Return (Wait (EV, 0)) }
    Method (T115) { Stall (10) Sleep (1) Return (15) }
    Method (T116) { Stall (300) Return (16) }
    Method (T117) { Notify (D0, 0x80) Return (17) }
    Method (NOT1, 1) { Notify (Arg0, 0x81) Return (18) }
    Method (T118) { Return (NOT1 (RefOf (D0))) }
    Method (T119) { Return (NOT1 (D0)) }
    Method (T120) { Notify (\_SB, 1) Notify (\_TZ, 1) Return (20) }
    Method (T121) { Acquire (EV, 0) Return (21) }
    Method (T122) { Return (LGreater (Timer, 0)) }
    Method (T123) { Return (_OSI ("Windows 2009")) }
    Method (T124) { Return (_OSI ("Weir")) }
    Method (T125) { Return (_OSI (5)) }
    Method (T126) { Return (\_REV) }
    Method (T127) { Return (\_OS) }
    Method (T128) { Acquire (\_GL, 0xFFFF) Release (\_GL) Return (28) }
    Method (T129) { Return (ToUUID ("01234567-89AB-CDEF-0123-456789ABCDEF")) }
    Method (T130) { Return (EisaId ("PNP0C09")) }
    Method (T131) { Return (Unicode ("ab")) }
    Method (T132, 0, NotSerialized) { Return (Local0) }
    Method (ARGC, 7) { Return (Add (Arg0, Add (Arg1, Add (Arg2, Add (Arg3, Add (Arg4, Add (Arg5, Arg6))))))) }
    Method (T133) { Return (ARGC (1, 2, 3, 4, 5, 6, 7)) }
    Method (T134) { Local0 = 1 Local1 = 2 Local2 = 3 Local3 = 4 Local4 = 5 Local5 = 6 Local6 = 7 Local7 = 8 Return (Local0 + Local1 + Local2 + Local3 + Local4 + Local5 + Local6 + Local7) }
}
