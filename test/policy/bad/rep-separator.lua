-- expect 2: a string is too long
print((''):rep(1 << 40, 'xy'))
