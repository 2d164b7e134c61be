-- expect 2: the name 'collectgarbage' is not known
collectgarbage('stop')
