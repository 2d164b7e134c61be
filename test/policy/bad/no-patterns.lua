-- expect 2: patterns can run without bound
print(('a'):rep(50):match(('.-'):rep(50) .. 'b'))
