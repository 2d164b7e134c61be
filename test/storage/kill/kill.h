/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Places of the storage service where tests end it. This file stands in the place of services/storage/kill/kill.h, where
 * they are nothing. kill_point() is the test's own; kill_names[] is in names.c.
 */
#ifndef TEST_STORAGE_KILL_H
#define TEST_STORAGE_KILL_H

enum kill_point {
    KILL_ACCEPTED,    /* a command of the guest's is in the journal; the write that brought it is not answered */
    KILL_PREPARED,    /* command table and data are ready */
    KILL_JOURNALLED,  /* ISSUED; its doorbell has not rung */
    KILL_BETWEEN,     /* PxSACT is written, PxCI not */
    KILL_BEHIND,      /* PxCI is written, and the journal does not know it */
    KILL_RUNG,        /* and it does */
    KILL_DELIVERED,   /* data is in the guest's memory, PxCI does not show it */
    KILL_BEFORE_END,  /* byte count and FIS as well */
    KILL_ENDED,       /* the end is visible, and nobody has looked */
    KILL_PART_HIDDEN, /* PxIS is cleared after a part of a command, and not yet looked at again */
    KILL_PART_ENDED,  /* a part is reported, the next not issued */
    KILL_IS_CLEARED,  /* the guest's write to PxIS is done, and not answered */
    KILL_CMD_WRITTEN, /* the same of PxCMD: cancelling has not begun */
    KILL_CANCELLED,   /* some of the commands are cancelled */
    KILL_RESETTING,   /* the controller is reset, the commands are not cancelled */
    KILL_ASKED,       /* a disk has been asked who it is */
    KILL_FOUND_OUT,   /* adoption: where a doorbell stood is known */
    KILL_LOADED,      /* a port's journal is read */
    KILL_SETTLED,     /* all are */
    KILL_GOING_ON,    /* nothing is issued yet */
    KILL_ANSWERED,    /* an access is done, and its answer not given */
    KILL_POINTS
};

extern const char *const kill_names[KILL_POINTS];
void kill_point(enum kill_point point);

#define KILL_POINT(point) kill_point(point)

#endif
