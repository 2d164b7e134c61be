-- expect 2: attempt to call a nil value
print(string.dump(function() end))
