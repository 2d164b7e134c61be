-- expect 2: key wants the boot module that holds it
storage.encrypt{match = {}, key = io}
