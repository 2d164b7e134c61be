-- expect 2: there is no on.memory
on.memory('60h', function() end)
