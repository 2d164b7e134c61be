/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * init's event loop: services that report, fail, are due; the hook block's complaint. While the machine starts a
 * failure means that the guest is refused, from then on that the service is started again.
 */
#ifndef INIT_SUPERVISE_H
#define INIT_SUPERVISE_H

#include "service.h"

/* Makes init's port and note. */
must_check enum weir_status supervise_begin(void);

/* Starts a service and comes back when it is READY. If it fails, the guest is refused. */
void supervise_start(struct service *s);

/*
 * weirctl wants s started anew: its instance is stopped where it stands, as a failure stops it, but that counts as none.
 * WEIR_E_STATE: the policy does not need it, or it is down for good.
 */
must_check enum weir_status supervise_restart(struct service *s);

/* Starts s, or starts it anew, and comes back when it is READY or has failed; true: READY. Nothing is counted. */
must_check bool supervise_again(struct service *s);

/* From now on: the guest runs. */
_Noreturn void supervise_forever(void);

#endif
