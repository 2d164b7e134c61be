-- expect 2: out of memory
local t = table.pack(table.unpack({}, 1, 12000)) for i = 1, 1e9 do t[i] = 0 end
