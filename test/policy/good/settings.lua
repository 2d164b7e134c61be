guest.boot{disk = 0x81, partition = 2, drive = 0x80}
console{level = "debug", uart = "none", ring_kib = 1024}
service.watch{deadline = 50, restart = {limit = 0, window = 1, backoff = 0}, on_limit = "pass"}
service.policy{on_limit = "stop"}
-- table: guest.boot: disk 81h, partition 2, drive 80h
-- table: console: level debug, uart none, ring 1024 KiB
-- table: service.policy: deadline 100 ms, 5 restarts in 60 s, backoff 10 ms, then stop
-- table: service.watch: deadline 50 ms, 0 restarts in 1 s, backoff 0 ms, then pass
