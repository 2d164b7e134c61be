-- expect 3: overlaps the rule in line 2
on.io('60h-64h', function() end)
on.io('62h-66h', function() end)
