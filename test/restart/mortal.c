/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linked into a copy of init: it dies when weirctl asks for a restart of emulator, and in the middle of a restart of watch,
 * whose old instance is gone by then.
 */
#include "../../services/init/supervise.h"
#include <string.h>

enum weir_status __real_supervise_restart(struct service *s);
enum weir_status __wrap_supervise_restart(struct service *s);
enum weir_status __real_service_start(struct service *s);
enum weir_status __wrap_service_start(struct service *s);

enum weir_status __wrap_supervise_restart(struct service *s)
{
    if (!strcmp(s->spec->name, "emulator")) {
        __builtin_trap();
    }
    return __real_supervise_restart(s);
}

enum weir_status __wrap_service_start(struct service *s)
{
    if (!strcmp(s->spec->name, "watch") && s->instance) {
        __builtin_trap();
    }
    return __real_service_start(s);
}
