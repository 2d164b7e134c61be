-- expect 3: deep
local function f()
    error('deep')
end
f()
