-- expect 2: attempt to call a nil value
print(math.random())
