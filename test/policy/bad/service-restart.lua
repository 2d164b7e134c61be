-- expect 2: service.watch: restart: there is no key 'limits'
service.watch{restart = {limits = 1}}
