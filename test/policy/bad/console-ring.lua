-- expect 2: is 100, which is not a power of two
console{ring_kib = 100}
