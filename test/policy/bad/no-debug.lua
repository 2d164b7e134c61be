-- expect 2: the name 'debug' is not known
debug.sethook()
