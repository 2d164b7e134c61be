-- expect 2: cannot be there
console{uart = 0xCF8}
