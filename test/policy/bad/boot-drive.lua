-- expect 2: drive is 0h, allowed are 80h to FFh
guest.boot{drive = 0}
