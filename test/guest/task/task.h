/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GUEST_TASK_H
#define GUEST_TASK_H

#define OBSERVATIONS 2048

#endif
