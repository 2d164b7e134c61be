-- expect 2: disk wants a whole number
guest.boot{disk = 'first'}
