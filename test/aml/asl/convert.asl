// SPDX-License-Identifier: BSD-2-Clause
// Implicit and explicit conversions between integer, string and buffer, into every kind of target.
DefinitionBlock ("", "DSDT", 2, "WEIR", "CONVERT", 1)
{
    Name (I, 0x1234ABCD)
    Name (S, "ABCD1234")
    Name (B, Buffer () { 0x11, 0x22, 0x33, 0x44, 0x55 })
    Name (LB, Buffer () { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 })
    Name (E, Buffer (0) {})
    Name (ES, "")
    Name (P, Package () { 1, "two", Buffer () { 3 } })
    Device (D) {}
    Mutex (X, 0)
    Event (V)

    Method (TI, 1) { Name (T, 0) T = Arg0 Return (T) }
    Method (TS, 1) { Name (T, "0123456789") T = Arg0 Return (T) }
    Method (TB, 1) { Name (T, Buffer (6) { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }) T = Arg0 Return (T) }
    Method (TE, 1) { Name (T, Buffer (0) {}) T = Arg0 Return (T) }
    Method (TP, 1) { Name (T, Package () { 0 }) T = Arg0 Return (T) }
    Method (TF, 1) { Name (T, Buffer (6) {}) CreateField (T, 4, 20, F) F = Arg0 Return (T) }
    Method (TW, 1) { Name (T, Buffer (6) {}) CreateDWordField (T, 1, F) F = Arg0 Return (Package () { T }) }
    Method (TC, 1) { Name (T, 0) CopyObject (Arg0, T) Return (T) }

    Method (T000) { Return (TI (I)) }
    Method (T001) { Return (TI (S)) }
    Method (T002) { Return (TI (B)) }
    Method (T003) { Return (TI (LB)) }
    Method (T004) { Return (TI (E)) }
    Method (T005) { Return (TI (ES)) }
    Method (T006) { Return (TI ("0x12zz")) }
    Method (T007) { Return (TI ("zz")) }
    Method (T008) { Return (TI ("  12")) }
    Method (T009) { Return (TI ("123456789012345678901")) }
    Method (T010) { Return (TI (P)) }
    Method (T011) { Return (TS (I)) }
    Method (T012) { Return (TS (S)) }
    Method (T013) { Return (TS (B)) }
    Method (T014) { Return (TS (E)) }
    Method (T015) { Return (TS (P)) }
    Method (T016) { Return (TB (I)) }
    Method (T017) { Return (TB (S)) }
    Method (T018) { Return (TB (LB)) }
    Method (T019) { Return (TB (B)) }
    Method (T020) { Return (TB (E)) }
    Method (T021) { Return (TE (LB)) }
    Method (T022) { Return (TE (I)) }
    Method (T023) { Return (TE (S)) }
    Method (T024) { Return (TP (P)) }
    Method (T025) { Return (TP (I)) }
    Method (T026) { Return (TF (I)) }
    Method (T027) { Return (TF (S)) }
    Method (T028) { Return (TF (LB)) }
    Method (T029) { Return (TW (I)) }
    Method (T030) { Return (TW (S)) }
    Method (T031) { Return (TW (LB)) }
    Method (T032) { Return (TC (I)) }
    Method (T033) { Return (TC (S)) }
    Method (T034) { Return (TC (B)) }
    Method (T035) { Return (TC (P)) }

    Method (T100) { Return (ToInteger (I)) }
    Method (T101) { Return (ToInteger (S)) }
    Method (T102) { Return (ToInteger ("1234")) }
    Method (T103) { Return (ToInteger ("0x1234")) }
    Method (T104) { Return (ToInteger ("0xFFFFFFFFFFFFFFFFF")) }
    Method (T105) { Return (ToInteger ("18446744073709551616")) }
    Method (T106) { Return (ToInteger (B)) }
    Method (T107) { Return (ToInteger (E)) }
    Method (T108) { Return (ToInteger ("010")) }
    Method (T109) { Return (ToInteger (P)) }
    Method (T110) { Return (ToBuffer (I)) }
    Method (T111) { Return (ToBuffer (S)) }
    Method (T112) { Return (ToBuffer (B)) }
    Method (T113) { Return (ToBuffer (ES)) }
    Method (T114) { Return (ToHexString (I)) }
    Method (T115) { Return (ToHexString (S)) }
    Method (T116) { Return (ToHexString (B)) }
    Method (T117) { Return (ToHexString (E)) }
    Method (T118) { Return (ToDecimalString (I)) }
    Method (T119) { Return (ToDecimalString (S)) }
    Method (T120) { Return (ToDecimalString (B)) }
    Method (T121) { Return (ToDecimalString (0)) }
    Method (T122) { Return (ToDecimalString (Ones)) }
    Method (T123) { Return (ToString (B, Ones)) }
    Method (T124) { Return (ToString (Buffer () { 0x41, 0x42, 0, 0x43 }, Ones)) }
    Method (T125) { Return (ToString (Buffer () { 0x41, 0x42, 0x43, 0x44 }, 2)) }
    Method (T126) { Return (ToString (S, 3)) }
    Method (T127) { Return (ToString (0x4443424100, Ones)) }
    Method (T128) { Name (T, 5) ToHexString (I, T) Return (T) }
    Method (T129) { Name (T, "x") ToInteger ("77", T) Return (T) }
    Method (T130) { Name (T, Buffer (2) {}) ToDecimalString (I, T) Return (T) }
    Method (T131) { Name (T, 1) ToBuffer (S, T) T[0] = 0x5A Return (T) }
    Method (T132) { ToBuffer (B, Local0) Local0[0] = 0 Return (B) }
    Method (T133) { ToString (B, 2, Local0) Return (Local0) }

    Method (T200) { Return (Add (S, 1)) }
    Method (T201) { Return (Add (B, 1)) }
    Method (T202) { Return (Add ("10", "20")) }
    Method (T203) { Return (Add (P, 1)) }
    Method (T204) { Return (Add (D, 1)) }
    Method (T205) { Return (LEqual (I, "1234ABCD")) }
    Method (T206) { Return (LEqual ("1234ABCD", I)) }
    Method (T207) { Return (LEqual (B, "abc")) }
    Method (T208) { Return (LEqual ("abc", "abd")) }
    Method (T209) { Return (LLess ("abc", "abd")) }
    Method (T210) { Return (LLess ("abc", "abcd")) }
    Method (T211) { Return (LGreater (B, LB)) }
    Method (T212) { Return (LGreater (Buffer () { 1, 2 }, Buffer () { 1 })) }
    Method (T213) { Return (LEqual (P, 1)) }
    Method (T214) { Return (LEqual (1, P)) }
    Method (T215) { Return (LEqual (D, 1)) }
    Method (T216) { Return (LNot ("0")) }
    Method (T217) { Return (LAnd ("1", B)) }
    Method (T218) { If ("1") { Return (1) } Return (2) }
    Method (T219) { If (B) { Return (1) } Return (2) }
    Method (T220) { If (E) { Return (1) } Return (2) }
    Method (T221) { If (P) { Return (1) } Return (2) }
    Method (T222) { If (D) { Return (1) } Return (2) }
    Method (T223) { Local0 = "2" While (Local0) { Local0 = Subtract (Local0, 1) } Return (Local0) }

    Method (T300) { Return (Concatenate (I, 1)) }
    Method (T301) { Return (Concatenate (I, "10")) }
    Method (T302) { Return (Concatenate (I, B)) }
    Method (T303) { Return (Concatenate (S, I)) }
    Method (T304) { Return (Concatenate (S, "x")) }
    Method (T305) { Return (Concatenate (S, B)) }
    Method (T306) { Return (Concatenate (B, I)) }
    Method (T307) { Return (Concatenate (B, "xy")) }
    Method (T308) { Return (Concatenate (B, LB)) }
    Method (T309) { Return (Concatenate (E, E)) }
    Method (T310) { Return (Concatenate ("a", "")) }
    Method (T311) { Return (Concatenate ("a", D)) }
    Method (T312) { Return (Concatenate (P, "a")) }
    Method (T313) { Return (Concatenate (X, V)) }
    Method (T314) { Name (T, "") Concatenate ("ab", "cd", T) Return (T) }
    Method (T315) { Name (T, 0) Concatenate ("ab", "cd", T) Return (T) }
    Method (T316) { Concatenate ("ab", "cd", Local0) Return (Local0) }
    Method (T317) { Return (Concatenate ("Debug", P)) }
    Method (T318) { Return (Concatenate (B, D)) }
    Method (T319) { Return (Concatenate (1, D)) }

    Method (T400) { Return (Mid ("0123456789", 2, 3)) }
    Method (T401) { Return (Mid ("0123456789", 8, 5)) }
    Method (T402) { Return (Mid ("0123456789", 10, 5)) }
    Method (T403) { Return (Mid (LB, 2, 3)) }
    Method (T404) { Return (Mid (LB, 9, 3)) }
    Method (T405) { Return (Mid (LB, 20, 3)) }
    Method (T406) { Return (Mid (0x0807060504030201, 1, 3)) }
    Method (T407) { Return (Mid (LB, 2, 0)) }
    Method (T408) { Mid ("0123456789", 2, 3, Local0) Return (Local0) }
    Method (T409) { Name (T, "abcdefghij") Mid (LB, 2, 3, T) Return (T) }
    Method (T411) { Return (Mid (P, 0, 1)) }

    Method (T500) { Return (ConcatenateResTemplate (ResourceTemplate () { IRQNoFlags () {5} }, ResourceTemplate () { IO (Decode16, 0x60, 0x60, 1, 1) })) }
    Method (T501) { Return (ConcatenateResTemplate (Buffer (0) {}, ResourceTemplate () { IRQNoFlags () {5} })) }
    Method (T502) { Return (ConcatenateResTemplate (Buffer () { 0x79, 0 }, Buffer () { 0x79, 0 })) }
    Method (T503) { Return (ConcatenateResTemplate (Buffer () { 1, 2, 3 }, Buffer () { 0x79, 0 })) }
    Method (T504) { Return (ConcatenateResTemplate (Buffer () { 0x22, 2, 3 }, Buffer () { 0x79, 0 })) }
    Method (T505) { Return (ConcatenateResTemplate (ResourceTemplate () { QWordMemory (ResourceConsumer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadWrite, 0, 0, 0xFFF, 0, 0x1000) Memory32Fixed (ReadOnly, 1, 2) Register (SystemIO, 8, 0, 0x400) Interrupt (ResourceConsumer, Level, ActiveLow, Shared) { 9, 10 } }, ResourceTemplate () { DMA (Compatibility, NotBusMaster, Transfer8) {4} })) }
}
