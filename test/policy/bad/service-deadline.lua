-- expect 2: deadline is 0, allowed are 1 to 10000
service.watch{deadline = 0}
