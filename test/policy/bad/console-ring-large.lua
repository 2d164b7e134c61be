-- expect 2: allowed are 16 to 1024
console{ring_kib = 1 << 32}
