/* SPDX-License-Identifier: BSD-2-Clause */
#include <vmm/status.h>

const char *vmm_status_name(enum weir_status status)
{
    static const char *const names[] = {
        [WEIR_OK] = "OK",
        [WEIR_E_CALL] = "E_CALL",
        [WEIR_E_CAP] = "E_CAP",
        [WEIR_E_RIGHTS] = "E_RIGHTS",
        [WEIR_E_ARG] = "E_ARG",
        [WEIR_E_RANGE] = "E_RANGE",
        [WEIR_E_MEMORY] = "E_MEMORY",
        [WEIR_E_BUSY] = "E_BUSY",
        [WEIR_E_TIMEOUT] = "E_TIMEOUT",
        [WEIR_E_GONE] = "E_GONE",
        [WEIR_E_STATE] = "E_STATE",
        [WEIR_E_FAULT] = "E_FAULT",
    };

    return (uint64_t)status < sizeof(names) / sizeof(*names) ? names[status] : "unknown status";
}
