-- expect 2: the name 'coroutine' is not known
coroutine.wrap(function() while true do end end)()
