-- expect 2: wants one table of named values, got string
io.deny('60h')
