-- expect 3: a rule is needed after all
pcall(string.rep, 'x', 1e9)
error('a rule is needed after all')
