-- expect 2: a?[31mb?c
error('a\27[31mb\nc', 0)
