-- expect 2: service.watch: restart: wants one table of named values, got number
service.watch{restart = 5}
