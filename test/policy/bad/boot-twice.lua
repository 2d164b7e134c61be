-- expect 3: was given in line 2 already
guest.boot{partition = 1}
guest.boot{partition = 1}
