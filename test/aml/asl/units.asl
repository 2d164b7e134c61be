// SPDX-License-Identifier: BSD-2-Clause
// What units.c drives: limits, handlers, notifications.
DefinitionBlock ("", "DSDT", 2, "WEIR", "UNITS", 1)
{
    Name (VAL, 5)
    Device (\_SB.DEV)
    {
        Name (_ADR, 0x001F0002)
        OperationRegion (CFG, PCI_Config, 0x40, 0x20)
        Field (CFG, WordAcc, NoLock, Preserve) { Offset (4), REGA, 16, REGB, 8 }
        Method (RDA) { Return (REGA) }
        Method (WRB, 1) { REGB = Arg0 }
        Name (REGS, Zero)
        Method (_REG, 2) { REGS = Arg0 * 16 + Arg1 }
        Method (NTF, 1) { Notify (\_SB.DEV, Arg0) }
    }
    OperationRegion (MEM, SystemMemory, 0x1000, 0x10)
    Field (MEM, DWordAcc, NoLock, Preserve) { MEMA, 32 }
    OperationRegion (SMB, SMBus, 0x4200, 0x100)
    Field (SMB, BufferAcc, NoLock, Preserve) { AccessAs (BufferAcc, AttribBlock), SMBI, 8, SMBD, 8 }
    IndexField (SMBI, SMBD, ByteAcc, NoLock, Preserve) { IDXA, 8 }
    BankField (SMB, MEMA, 1, BufferAcc, NoLock, Preserve) { BNKA, 8 }
    OperationRegion (PCR, PCC, 2, 0x10)
    Field (PCR, DWordAcc, NoLock, Preserve) { PCCS, 32, PCCC, 16, PCCT, 16, PCCD, 64 }
    Method (PCCX, 1) { PCCD = Arg0 PCCC = 7 Return (PCCD) }
    OperationRegion (PCL, PCC, 2, 0x7FFFFFFF) // more memory than an instance has
    Field (PCL, DWordAcc, NoLock, Preserve) { , 32, PCLS, 32 }
    Method (SETV, 1) { VAL = Arg0 Return (VAL) }
    Method (GETV) { Return (VAL) }
    Method (SPIN) { Local0 = 0 While (One) { Local0++ } }
    Method (GROW, 0, NotSerialized) { Local0 = "0123456789" While (One) { Local0 = Concatenate (Local0, Local0) } }
    Method (DEEP, 1) { Return (DEEP (Arg0 + 1)) }
    Method (NEST, 1) { If (Arg0 < 20) { Return (NEST (Arg0 + 1)) } Return (Arg0) }
    Method (SLOW) { While (One) { Sleep (1000) } }
    Method (ADDA, 3) { Local0 = Package (3) {} Local0[0] = Arg0 Local0[1] = Arg1 Local0[2] = Arg2 Return (Local0) }
    Method (MADE, 0, Serialized) { Name (\TEMP, 1) Return (\TEMP) }
    // An argument that refers to itself, and one to the other.
    Method (SELF, 1) { Local0 = Arg0 Store (RefOf (Arg0), Arg0) Store (Local0, Arg0) Return (Arg0) }
    Method (CRSS, 1) { Store (RefOf (Arg0), Arg1) Store (RefOf (Arg1), Arg0) Store (5, Arg1) Store (6, Arg0) Return (1) }
    Method (OSI) { Return (_OSI ("Weir test")) }
    Method (DBG) { Debug = "a word" }
    Method (FTL) { Fatal (1, 0x22, 0x33) }
}
