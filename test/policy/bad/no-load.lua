-- expect 2: the name 'load' is not known
load('x = 1')()
