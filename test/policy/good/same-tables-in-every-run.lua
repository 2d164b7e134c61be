local ports = {first = 0x3000, second = 0x3002, third = 0x3004, fourth = 0x3006, fifth = 0x3008}
local n = 0
for _, port in pairs(ports) do
    on.io(port, function() end)
end
-- table: io 3000h-3000h: callback 3 (line 4)
-- table: io 3002h-3002h: callback 1 (line 4)
-- table: io 3004h-3004h: callback 4 (line 4)
-- table: io 3006h-3006h: callback 0 (line 4)
-- table: io 3008h-3008h: callback 2 (line 4)
