/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <vmm/exit.h>
#include <vmm/log.h>
#include <vmm/syscall.h>

_Noreturn void vmm_exit(uint64_t code)
{
    (void)vmm_syscall_destroy(WEIR_SLOT_SELF, code);
    /* Only a kernel that does not let a domain end itself comes here: #UD stops it all the same. */
    __builtin_trap();
}

_Noreturn void vmm_fatal(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vmm_vlog(format, args);
    va_end(args);
    vmm_exit(VMM_EXIT_FATAL);
}
