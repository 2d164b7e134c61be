-- expect 3: UART of Weir's own log
console{uart = 0x2E8}
io.log{ports = '2EFh-2F0h'}
