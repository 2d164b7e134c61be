-- expect 2: on_error wants pass or deny
on.io({ports = 1, on_error = 'pass'}, function() end)
