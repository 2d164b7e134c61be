-- expect 2: the name 'mimo' is not known
mimo.deny{address = 0, size = 1}
