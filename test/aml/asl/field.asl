// SPDX-License-Identifier: BSD-2-Clause
// Fields of every access type and update rule, bank and index fields, buffer fields, the buses.
DefinitionBlock ("", "DSDT", 2, "WEIR", "FIELD", 1)
{
    OperationRegion (MEM, SystemMemory, 0x100000, 0x100)
    OperationRegion (RIO, SystemIO, 0x400, 0x20)
    OperationRegion (PCI, PCI_Config, 0, 0x100)
    OperationRegion (CMO, SystemCMOS, 0, 0x40)
    OperationRegion (ECR, EmbeddedControl, 0, 0xFF)
    Field (MEM, AnyAcc, NoLock, Preserve) { FA0, 3, FA1, 5, FA2, 13, FA3, 1, FA4, 32, FA5, 64, FA6, 7, Offset (0x40), FA7, 100 }
    Field (MEM, ByteAcc, NoLock, Preserve) { FB0, 4, FB1, 12, FB2, 16 }
    Field (MEM, WordAcc, NoLock, Preserve) { , 4, FW0, 9, FW1, 17, FW2, 34 }
    Field (MEM, DWordAcc, NoLock, Preserve) { , 20, FD0, 9, FD1, 37, FD2, 70 }
    Field (MEM, QWordAcc, NoLock, Preserve) { , 60, FQ0, 9, FQ1, 64, FQ2, 3 }
    Field (MEM, ByteAcc, NoLock, WriteAsOnes) { Offset (0x80), FO0, 3, FO1, 7 }
    Field (MEM, DWordAcc, NoLock, WriteAsZeros) { Offset (0x90), FZ0, 3, FZ1, 7, , 5, FZ2, 9 }
    Field (MEM, DWordAcc, Lock, Preserve) { Offset (0x80), RAW0, 32, Offset (0x90), RAW1, 32, Offset (0), RAW2, 256 }
    Field (MEM, ByteAcc, NoLock, Preserve) { Offset (0xFE), END0, 16 }
    Field (MEM, DWordAcc, NoLock, Preserve) { Offset (0xFC), END1, 32, END2, 8 }
    Field (RIO, ByteAcc, NoLock, Preserve) { IDX, 8, DAT, 8, IXW, 16, DTW, 16 }
    IndexField (IDX, DAT, ByteAcc, NoLock, Preserve) { Offset (0x10), IF0, 8, IF1, 4, IF2, 12, IF3, 32 }
    IndexField (IXW, DTW, WordAcc, NoLock, Preserve) { Offset (4), JF0, 16, JF1, 7, JF2, 9 }
    Field (RIO, ByteAcc, NoLock, Preserve) { Offset (0x10), BNK, 4, BNW, 8 }
    BankField (RIO, BNK, 3, ByteAcc, NoLock, Preserve) { Offset (0x14), BF0, 8, BF1, 4 }
    BankField (RIO, BNK, 5, WordAcc, NoLock, Preserve) { Offset (0x14), BF2, 16 }
    BankField (RIO, BNK, 0x55, ByteAcc, NoLock, Preserve) { Offset (0x18), BF3, 8 }
    Field (PCI, DWordAcc, NoLock, Preserve) { PC0, 16, PC1, 16, PC2, 8 }
    Field (CMO, ByteAcc, NoLock, Preserve) { CM0, 8, CM1, 16 }
    Field (ECR, ByteAcc, Lock, Preserve) { EC0, 8, EC1, 16, EC2, 3, EC3, 64, EC4, 256 }
    OperationRegion (SHR, SystemMemory, 0x200000, 3)
    Field (SHR, DWordAcc, NoLock, Preserve) { SH0, 8 }
    Field (SHR, ByteAcc, NoLock, Preserve) { SH1, 24 }
    OperationRegion (NUL, SystemMemory, 0x300000, 0)
    Field (NUL, ByteAcc, NoLock, Preserve) { NU0, 8 }
    OperationRegion (OEM, 0x90, 0, 0x10)
    Field (OEM, ByteAcc, NoLock, Preserve) { OE0, 8 }

    OperationRegion (SMB, SMBus, 0x4200, 0x100)
    Field (SMB, BufferAcc, NoLock, Preserve)
    {
        AccessAs (BufferAcc, AttribQuick), SQ, 8,
        AccessAs (BufferAcc, AttribSendReceive), SS, 8,
        AccessAs (BufferAcc, AttribByte), SB, 8,
        AccessAs (BufferAcc, AttribWord), SW, 8,
        AccessAs (BufferAcc, AttribBlock), SK, 8
    }
    Device (I2C) {
        Name (_ADR, 0)
        OperationRegion (TOP, GenericSerialBus, 0, 0x100)
        Name (I2CB, ResourceTemplate () { I2cSerialBusV2 (0x1D, ControllerInitiated, 100000, AddressingMode7Bit, "\\I2C", 0, ResourceConsumer,,) })
        Field (TOP, BufferAcc, NoLock, Preserve) {
            Connection (I2CB), AccessAs (BufferAcc, AttribByte), GB, 8,
            AccessAs (BufferAcc, AttribWord), GW, 8,
            AccessAs (BufferAcc, AttribBytes (4)), GN, 8,
            AccessAs (BufferAcc, AttribQuick), GQ, 8
        }
    }
    OperationRegion (IPM, IPMI, 0x3000, 0x100)
    Field (IPM, BufferAcc, NoLock, Preserve) { AccessAs (BufferAcc, 1), IP0, 8 }

    Method (CLR) { RAW2 = 0 }
    Method (T000) { CLR () FA0 = 5 FA1 = 0x1F FA2 = 0x1234 FA3 = 1 Return (RAW2) }
    Method (T001) { CLR () FA4 = 0x12345678 FA5 = 0x1122334455667788 FA6 = 0x55 Return (RAW2) }
    Method (T002) { FA7 = Buffer () { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 } Return (FA7) }
    Method (T003) { FA7 = 0x1122334455667788 Return (FA7) }
    Method (T004) { FA7 = "string" Return (FA7) }
    Method (T005) { CLR () FB0 = 0xA FB1 = 0xBCD FB2 = 0xEF01 Return (RAW2) }
    Method (T006) { CLR () FW0 = 0x1FF FW1 = 0x15555 FW2 = 0x3FFFFFFFF Return (RAW2) }
    Method (T007) { CLR () FD0 = 0x155 FD1 = 0x1234567890 FD2 = Buffer () { 1, 2, 3, 4, 5, 6, 7, 8, 9 } Return (RAW2) }
    Method (T008) { CLR () FQ0 = 0x1FF FQ1 = 0x123456789ABCDEF0 FQ2 = 7 Return (RAW2) }
    Method (T009) { RAW2 = Buffer () { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0x12, 0x34, 0x56, 0x78, 0x9A }
        Local0 = Package (18) {} Local0[0] = FA0 Local0[1] = FA1 Local0[2] = FA2 Local0[3] = FA3 Local0[4] = FA4 Local0[5] = FA5 Local0[6] = FA6
        Local0[7] = FW0 Local0[8] = FW1 Local0[9] = FW2 Local0[10] = FD0 Local0[11] = FD1 Local0[12] = FD2 Local0[13] = FQ0 Local0[14] = FQ1 Local0[15] = FQ2 Local0[16] = FB1 Local0[17] = FB2 Return (Local0) }
    Method (T010) { RAW0 = 0 FO0 = 0 Return (RAW0) }
    Method (T011) { RAW0 = 0 FO1 = 0 Return (RAW0) }
    Method (T012) { RAW1 = 0xFFFFFFFF FZ0 = 5 Return (RAW1) }
    Method (T013) { RAW1 = 0xFFFFFFFF FZ1 = 0x55 Return (RAW1) }
    Method (T014) { RAW1 = 0xFFFFFFFF FZ2 = 0x155 Return (RAW1) }
    Method (T015) { END0 = 0x1234 Return (END0) }
    Method (T016) { END1 = 0x12345678 Return (END1) }
    Method (T017) { Return (END2) }
    Method (T018) { Return (SH0) }
    Method (T019) { SH1 = 0x112233 Return (SH1) }
    Method (T020) { Return (NU0) }
    Method (T021) { Return (OE0) }

    Method (T030) { IF0 = 0x55 Local0 = Package (2) {} Local0[0] = IDX Local0[1] = DAT Return (Local0) }
    Method (T031) { DAT = 0xF0 IF1 = 5 Local0 = Package (2) {} Local0[0] = IDX Local0[1] = DAT Return (Local0) }
    Method (T032) { IF2 = 0xABC Return (IF2) }
    Method (T033) { IF3 = 0x11223344 Local0 = Package (3) {} Local0[0] = IF3 Local0[1] = IDX Local0[2] = DAT Return (Local0) }
    Method (T034) { JF0 = 0x1234 JF2 = 0x155 Local0 = Package (4) {} Local0[0] = IXW Local0[1] = DTW Local0[2] = JF1 Local0[3] = JF2 Return (Local0) }
    Method (T035) { BF0 = 0x77 Local0 = Package (3) {} Local0[0] = BNK Local0[1] = BF0 Local0[2] = BF1 Return (Local0) }
    Method (T036) { BF2 = 0x7788 Local0 = Package (3) {} Local0[0] = BNK Local0[1] = BF2 Local0[2] = BF1 Return (Local0) }
    Method (T037) { Return (BF3) }
    Method (T038) { PC0 = 0x8086 PC2 = 0x33 Local0 = Package (3) {} Local0[0] = PC0 Local0[1] = PC1 Local0[2] = PC2 Return (Local0) }
    Method (T039) { CM1 = 0x1234 Local0 = Package (2) {} Local0[0] = CM0 Local0[1] = CM1 Return (Local0) }
    Method (T040) { EC0 = 0x12 EC1 = 0x3456 EC2 = 7 EC3 = 0x1122334455667788 Local0 = Package (4) {} Local0[0] = EC0 Local0[1] = EC1 Local0[2] = EC2 Local0[3] = EC3 Return (Local0) }
    Method (T041) { Return (EC4) }
    Method (T042) { EC4 = Buffer (32) { 9, 8, 7 } Return (EC4) }

    Method (T050) { Local0 = Buffer (8) { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88 } CreateBitField (Local0, 3, F) Local1 = F F = 1 Local2 = Package (2) {} Local2[0] = Local1 Local2[1] = Local0 Return (Local2) }
    Method (T051) { Name (L, Buffer (8) { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88 }) CreateByteField (L, 3, F) Local1 = F F = 0x1FF Return (L) }
    Method (T052) { Name (L, Buffer (8) { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88 }) CreateWordField (L, 3, F) F = 0xABCD Return (L) }
    Method (T053) { Name (L, Buffer (8) { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88 }) CreateDWordField (L, 3, F) F = "12" Return (L) }
    Method (T054) { Name (L, Buffer (8) { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88 }) CreateQWordField (L, 0, F) F = 1 Return (L) }
    Method (T055) { Name (L, Buffer (8) { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88 }) CreateField (L, 5, 13, F) Local1 = F F = 0xFFFF Return (L) }
    Method (T056) { Name (L, Buffer (8) { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88 }) CreateField (L, 5, 13, F) Return (F) }
    Method (T057) { Name (L, Buffer (8) {}) CreateField (L, 5, 0, F) Return (F) }
    Method (T058) { Name (L, Buffer (8) {}) CreateField (L, 60, 8, F) Return (F) }
    Method (T059) { Name (L, Buffer (8) {}) CreateDWordField (L, 5, F) Return (F) }
    Method (T060) { CreateByteField ("text", 1, F) Return (F) }
    Method (T061) { Name (L, Package () { 1 }) CreateByteField (L, 0, F) Return (F) }
    Method (T062) { Name (L, Buffer (4) { 1, 2, 3, 4 }) CreateByteField (L, 0, F) L = Buffer () { 9, 9, 9, 9 } Return (F) }
    Method (ARF, 1) { CreateByteField (Arg0, 1, F) F = 0x42 }
    Method (T063) { Local0 = Buffer (4) {} ARF (Local0) Return (Local0) }
    Method (T064) { Name (L, Buffer (20) {}) CreateField (L, 3, 130, F) F = Buffer () { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18 } Return (Package () { L }) }
    Method (T065) { Name (L, Buffer (20) { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 }) CreateField (L, 3, 130, F) Return (F) }
    Method (T066) { Name (L, Buffer (2) { 1, 2 }) CreateField (L, 0, 8, F) CreateByteField (L, 0, H) Return (Concatenate (F, H)) }

    Method (T070) { Return (SB) }
    Method (T071) { Return (SW) }
    Method (T072) { Local0 = Buffer (34) { 0, 2, 1, 2 } Local1 = (SW = Local0) Return (Local1) }
    Method (T073) { SB = 5 Return (1) }
    Method (T074) { Return (SK) }
    Method (T075) { Return (SQ) }
    Method (T076) { Return (\I2C.GB) }
    Method (T077) { Return (\I2C.GW) }
    Method (T078) { Return (\I2C.GN) }
    Method (T079) { Local0 = Buffer (4) { 0, 2, 3, 4 } Local1 = (\I2C.GW = Local0) Return (Local1) }
    Method (T080) { Return (IP0) }
    Method (T081) { Local0 = (IP0 = Buffer (66) { 0, 4, 1, 2 }) Return (Local0) }

    // Data registers that are wider than the accesses to them: what is beyond the access is kept, set or cleared with it.
    OperationRegion (WIDE, SystemMemory, 0x9000, 0x40)
    Field (WIDE, DWordAcc, NoLock, Preserve) { WI, 8, Offset (8), WD, 32, Offset (16), WW, 16 }
    IndexField (WI, WD, ByteAcc, NoLock, Preserve) { WP8, 8, , 3, WP7, 7, WP20, 20 }
    IndexField (WI, WD, ByteAcc, NoLock, WriteAsOnes) { WO8, 8, , 3, WO7, 7, WO20, 20 }
    IndexField (WI, WD, WordAcc, NoLock, WriteAsZeros) { WZ8, 8, , 3, WZ7, 7, WZ20, 20 }
    IndexField (WI, WW, ByteAcc, NoLock, WriteAsOnes) { WV8, 8, , 3, WV40, 40 }
    Method (WALL)
    {
        Store (Package (9) {}, Local0)
        Store (WD, Index (Local0, 0))
        Store (WI, Index (Local0, 1))
        Store (WP8, Index (Local0, 2))
        Store (WP7, Index (Local0, 3))
        Store (WP20, Index (Local0, 4))
        Store (WO20, Index (Local0, 5))
        Store (WZ20, Index (Local0, 6))
        Store (WW, Index (Local0, 7))
        Store (WV40, Index (Local0, 8))
        Return (Local0)
    }
    Method (T900) { Store (0x12345678, WD) Return (WALL ()) }
    Method (T901) { Store (0xAB, WP8) Return (WALL ()) }
    Method (T902) { Store (0x12345678, WD) Store (0x55, WP7) Return (WALL ()) }
    Method (T903) { Store (0xAB, WO8) Return (WALL ()) }
    Method (T904) { Store (0x55, WO7) Return (WALL ()) }
    Method (T905) { Store (0xABCDE, WO20) Return (WALL ()) }
    Method (T906) { Store (0x55, WZ7) Return (WALL ()) }
    Method (T907) { Store (0xABCDE, WZ20) Return (WALL ()) }
    Method (T908) { Store (0x123456789A, WV40) Return (WALL ()) }
    Method (T909) { Store (0x76543210, WD) Store (0xABCDE, WP20) Return (WALL ()) }
}
