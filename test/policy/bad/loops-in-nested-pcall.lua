-- expect 2: runs too long
pcall(pcall, pcall, pcall, function() while true do end end) io.deny{ports = 1}
