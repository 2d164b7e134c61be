-- expect 2: port B2h raises SMIs
io.log{ports = '0-FFh'}
