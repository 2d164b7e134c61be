-- expect 2: UART of Weir's own log
io.log{ports = '2F8h'}
