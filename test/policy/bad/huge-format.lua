-- expect 2: invalid conversion
print(('%99999d'):format(1))
