-- expect 2: model is longer than the 40 characters
storage.deny{match = {model = ('x'):rep(41)}}
