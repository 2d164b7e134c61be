-- expect 2: msr.value: value is missing
msr.value{msrs = '1A0h'}
