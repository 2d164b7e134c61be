-- expect 2: plain text
error('plain text', 0)
