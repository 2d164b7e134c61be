/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands before musl's file of the same name on the include path: a system call of the C library
 * is a call of libvmm's table indexed by Linux call number (libvmm/linux.c). Nothing in a service
 * executes SYSCALL with a Linux number.
 */
#define __SYSCALL_LL_E(x) (x)
#define __SYSCALL_LL_O(x) (x)

long vmm_linux_call(long n, long a, long b, long c, long d, long e, long f);

static inline long __syscall0(long n)
{
    return vmm_linux_call(n, 0, 0, 0, 0, 0, 0);
}

static inline long __syscall1(long n, long a)
{
    return vmm_linux_call(n, a, 0, 0, 0, 0, 0);
}

static inline long __syscall2(long n, long a, long b)
{
    return vmm_linux_call(n, a, b, 0, 0, 0, 0);
}

static inline long __syscall3(long n, long a, long b, long c)
{
    return vmm_linux_call(n, a, b, c, 0, 0, 0);
}

static inline long __syscall4(long n, long a, long b, long c, long d)
{
    return vmm_linux_call(n, a, b, c, d, 0, 0);
}

static inline long __syscall5(long n, long a, long b, long c, long d, long e)
{
    return vmm_linux_call(n, a, b, c, d, e, 0);
}

static inline long __syscall6(long n, long a, long b, long c, long d, long e, long f)
{
    return vmm_linux_call(n, a, b, c, d, e, f);
}

#define IPC_64 0
