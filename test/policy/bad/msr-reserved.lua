-- expect 2: C0000080h cannot be named: EFER
msr.deny{msrs = 'C0000000h-C00000FFh'}
