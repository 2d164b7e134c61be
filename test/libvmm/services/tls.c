/* SPDX-License-Identifier: BSD-2-Clause */
/* Must not link: see refused.sh. */
_Thread_local int variable;

_Noreturn void _start(void);

_Noreturn void _start(void)
{
    variable = 1;
    for (;;) {
    }
}
