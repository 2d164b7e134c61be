-- expect 2: name what is meant: service.NAME{...}
service{deadline = 1}
