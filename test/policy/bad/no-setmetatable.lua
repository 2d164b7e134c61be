-- expect 2: the name 'setmetatable' is not known
local t = setmetatable({}, {__gc = function() while true do end end})
