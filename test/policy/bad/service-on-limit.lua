-- expect 2: on_limit is panic
service.watch{on_limit = 'panic'}
