-- expect 2: VM_HSAVE_PA
msr.read_only{msrs = 'C0010117h'}
