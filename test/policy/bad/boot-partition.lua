-- expect 2: partition is 5, allowed are 0 to 4
guest.boot{partition = 5}
