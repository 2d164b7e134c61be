-- expect 2: give true as its fourth argument
print(string.find(('a'):rep(50), ('.-'):rep(50) .. 'b'))
