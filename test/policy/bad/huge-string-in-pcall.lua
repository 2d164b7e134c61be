-- expect 4: a string is too long
local s = 'x'
while true do
    pcall(function() s = s .. s end)
end
