-- expect 2: too many results to unpack
print(table.unpack({}, 1, 1e6))
