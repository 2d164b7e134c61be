-- expect 2: the name 'getmetatable' is not known
getmetatable('').__index = {}
