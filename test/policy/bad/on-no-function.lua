-- expect 2: wants a range and a function
on.io('60h', 5)
