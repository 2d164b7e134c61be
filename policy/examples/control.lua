-- SPDX-License-Identifier: BSD-2-Clause
-- weirctl in the guest may ask Weir for its state, restart services and read the log, by two ports that no device has.
-- Whoever has CAP_SYS_RAWIO in the guest may use it. A failure of a service is written to the log.
control{ports = "5658h-5659h"}

on.service_failed(function(e)
    print(("%s failed for the %d. time: %s"):format(e.service, e.restarts, e.reason))
end)
