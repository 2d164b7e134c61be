-- expect 2: there is no io.open
io.open('/etc/passwd')
