/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names for the places where the service is ended in tests (test/storage/kill/kill.h stands in this file's place there).
 * In the service itself they are nothing.
 */
#ifndef STORAGE_KILL_H
#define STORAGE_KILL_H

#define KILL_POINT(point) ((void)0)

#endif
