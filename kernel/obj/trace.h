/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERNEL_TRACE_H
#define KERNEL_TRACE_H

#include "object.h"

struct note;

struct result sys_trace(u64 op, u64 arg);
/* The note is going; if it was the log's claimer's, the kernel writes its log itself again. */
void trace_forget_note(const struct note *n);

#endif
