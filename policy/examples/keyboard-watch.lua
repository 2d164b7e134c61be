-- SPDX-License-Identifier: BSD-2-Clause
--
-- Keyboard watch: writes every key of a PS/2 keyboard that is pressed to Weir's log, as its
-- scancode. read_first: the controller is read before the function runs, so that e.value is what
-- the guest is about to get. If the function ever fails the guest shall still get its keys.

on.io({ports = "60h", read_first = true, on_error = pass}, function(e)
    if not e.write and e.value < 0x80 then -- 80h and above: the key was released
        print(("keyboard: scancode %02Xh"):format(e.value))
    end
end)
