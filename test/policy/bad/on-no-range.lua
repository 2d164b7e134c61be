-- expect 2: ports is missing
on.io({on_error = pass}, function() end)
