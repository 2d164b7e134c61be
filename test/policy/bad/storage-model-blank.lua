-- expect 2: model is empty, or has blanks at an end
storage.deny{match = {model = 'QEMU '}}
