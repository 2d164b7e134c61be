/* SPDX-License-Identifier: BSD-2-Clause */
/* What the control service asks of init: numbers in its own memory, which are read once. Answers are published. */
#ifndef INIT_ASK_H
#define INIT_ASK_H

#include <vmm/status.h>
#include <weir/control.h>

/* Makes the regions. Before control starts. */
must_check enum weir_status ask_begin(void);

/* control has signalled CONTROL_ASKED. */
void ask_answer(void);

/*
 * The other policy that control asked for is in force, or reason says why not. Where control has asked for something else
 * meanwhile, that has its own answer, and this one nobody waits for.
 */
void ask_reloaded(enum weir_status result, const char *reason);

/* The text of the policy is another now. */
void ask_policy_changed(void);

#endif
