-- expect 2: there is no service.stroage
service.stroage{deadline = 1}
