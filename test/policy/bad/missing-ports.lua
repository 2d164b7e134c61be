-- expect 2: io.deny: ports is missing
io.deny{}
