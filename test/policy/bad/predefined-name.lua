-- expect 2: 'io' is a name of the policy language
io = nil
