-- expect 2: the name 'os' is not known
os.exit(0)
