/* SPDX-License-Identifier: BSD-2-Clause */
#include "kill.h"

const char *const kill_names[KILL_POINTS] = {
    [KILL_ACCEPTED] = "accepted",
    [KILL_PREPARED] = "prepared",
    [KILL_JOURNALLED] = "journalled",
    [KILL_BETWEEN] = "between-doorbells",
    [KILL_BEHIND] = "behind-doorbell",
    [KILL_RUNG] = "rung",
    [KILL_DELIVERED] = "delivered",
    [KILL_BEFORE_END] = "before-end",
    [KILL_ENDED] = "ended",
    [KILL_PART_HIDDEN] = "part-hidden",
    [KILL_PART_ENDED] = "part-ended",
    [KILL_IS_CLEARED] = "is-cleared",
    [KILL_CMD_WRITTEN] = "cmd-written",
    [KILL_CANCELLED] = "cancelled",
    [KILL_RESETTING] = "resetting",
    [KILL_ASKED] = "asked",
    [KILL_FOUND_OUT] = "adoption-found-out",
    [KILL_LOADED] = "adoption-loaded",
    [KILL_SETTLED] = "adoption-settled",
    [KILL_GOING_ON] = "adoption-going-on",
    [KILL_ANSWERED] = "answered",
};
