-- expect 2: the error is a table, not a text
error({code = 1})
