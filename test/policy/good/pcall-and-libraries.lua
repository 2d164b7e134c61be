local ok, why = pcall(error, "x", 0)
assert(not ok and why == "x")
assert(select("#", pcall(function() return 1, 2, 3 end)) == 4)
assert(("abc"):upper() == "ABC" and ("abc"):find("c") == 3 and not ("abc"):find("d"))
assert(("a.c"):find(".", 1, true) == 2 and ("abc"):find("", 10) == nil and ("abab"):find("ab", -2) == 3)
assert(("ab"):rep(3, "-") == "ab-ab-ab" and ("x"):rep(-1) == "" and #("x"):rep(4096) == 4096)
local t = {3, 1, 2}
table.sort(t)
table.insert(t, 4)
assert(table.concat(t, ",") == "1,2,3,4" and table.remove(t) == 4 and #t == 3)
assert(math.floor(2.5) == 2 and math.maxinteger > 0 and tostring(255) == "255" and tonumber("ff", 16) == 255)
for _, port in ipairs{0x60, 0x64} do
    io.deny{ports = port}
end
-- table: io 0060h-0060h: deny (line 13)
-- table: io 0064h-0064h: deny (line 13)
