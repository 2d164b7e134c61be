/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * musl's system calls: a table indexed by Linux call number (x86-64). What is not in it fails with
 * ENOSYS, as it would on a kernel that lacks it, and musl copes or reports that. doc/services.md
 * lists the calls for service authors.
 *
 * Context: also before musl has set the thread pointer, so errno is never touched; errors are
 * returned as -errno.
 */
#include <errno.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <vmm/exit.h>
#include <vmm/log.h>
#include <vmm/memory.h>
#include <vmm/time.h>
#include "internal.h"

#define FUTEX_OPERATION 0x7f /* the rest are flags: private, clock */
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define NANOSECONDS 1000000000ull

struct args {
    long a, b, c, d, e, f;
};

/* ---- files: 0 is empty, 1 and 2 are the log, there are no others ---- */

static bool is_log(long fd)
{
    return fd == 1 || fd == 2;
}

static long linux_write(const struct args *args)
{
    if (!is_log(args->a)) {
        return -EBADF;
    }
    vmm_log_bytes((const char *)args->b, (size_t)args->c);
    return args->c;
}

static long linux_writev(const struct args *args)
{
    const struct iovec *vector = (const struct iovec *)args->b;
    long total = 0;

    if (!is_log(args->a)) {
        return -EBADF;
    }
    for (long i = 0; i < args->c; i++) {
        vmm_log_bytes(vector[i].iov_base, vector[i].iov_len);
        total += (long)vector[i].iov_len;
    }
    return total;
}

/* read and readv: the end of the file. */
static long linux_read(const struct args *args)
{
    return args->a == 0 ? 0 : -EBADF;
}

static long linux_close(const struct args *args)
{
    return args->a >= 0 && args->a <= 2 ? 0 : -EBADF;
}

static long linux_lseek(const struct args *args)
{
    return args->a >= 0 && args->a <= 2 ? -ESPIPE : -EBADF;
}

/* Looking like a terminal makes stdout line-buffered: a line is in the log once it is complete. */
static long linux_ioctl(const struct args *args)
{
    if (!is_log(args->a)) {
        return -EBADF;
    }
    if (args->b != TIOCGWINSZ) {
        return -ENOTTY;
    }
    *(struct winsize *)args->c = (struct winsize){ .ws_row = 25, .ws_col = 80 };
    return 0;
}

/* ---- memory: pages of the domain's budget ---- */

static size_t page_count(long bytes)
{
    return ((size_t)bytes + WEIR_PAGE - 1) / WEIR_PAGE;
}

/* Linux' PROT_ to WEIR_P_: neither execution nor writing without reading is to be had. */
static bool protection(long linux_prot, uint64_t *prot)
{
    *prot = (linux_prot & PROT_READ ? WEIR_P_READ : 0) |
            (linux_prot & PROT_WRITE ? WEIR_P_READ | WEIR_P_WRITE : 0);
    return !(linux_prot & ~(PROT_READ | PROT_WRITE));
}

static long linux_mmap(const struct args *args)
{
    size_t pages = page_count(args->b);
    uint64_t prot;
    void *va;

    if (args->b <= 0 || args->b > LONG_MAX - (long)WEIR_PAGE || (args->d & MAP_FIXED)) {
        return -EINVAL;
    }
    if (!(args->d & MAP_ANONYMOUS)) {
        return -ENODEV;
    }
    if (!protection(args->c, &prot)) {
        return -EPERM;
    }
    va = vmm_pages_alloc(pages);
    if (!va) {
        return -ENOMEM;
    }
    if (prot != (WEIR_P_READ | WEIR_P_WRITE) && vmm_pages_protect(va, pages, prot) != WEIR_OK) {
        vmm_pages_free(va, pages);
        return -ENOMEM;
    }
    return (long)va;
}

static long linux_munmap(const struct args *args)
{
    if (args->b <= 0 || !vmm_pages_owned((void *)args->a, page_count(args->b))) {
        return -EINVAL;
    }
    vmm_pages_free((void *)args->a, page_count(args->b));
    return 0;
}

static long linux_mprotect(const struct args *args)
{
    uint64_t prot;

    if (args->b < 0 || !protection(args->c, &prot)) {
        return -EINVAL;
    }
    return vmm_pages_protect((void *)args->a, page_count(args->b), prot) == WEIR_OK ? 0 : -ENOMEM;
}

/* The break never moves: musl's malloc then uses mmap alone. */
static long linux_brk(const struct args *args)
{
    (void)args;
    return 0;
}

/* ---- time: no wall clock; every clock counts from the TSC's zero ---- */

static void to_timespec(uint64_t ns, struct timespec *out)
{
    out->tv_sec = (time_t)(ns / NANOSECONDS);
    out->tv_nsec = (long)(ns % NANOSECONDS);
}

/* The TSC after `ns` from now; far away if that is beyond reckoning. False: not a time. */
static bool deadline_after(const struct timespec *ts, uint64_t *deadline)
{
    uint64_t us;

    if (ts->tv_sec < 0 || ts->tv_nsec < 0 || (uint64_t)ts->tv_nsec >= NANOSECONDS) {
        return false;
    }
    us = (uint64_t)ts->tv_sec < UINT64_MAX / 2000000
             ? (uint64_t)ts->tv_sec * 1000000 + (uint64_t)ts->tv_nsec / 1000 + 1
             : UINT64_MAX;
    *deadline = vmm_deadline(us);
    return true;
}

static long linux_clock_gettime(const struct args *args)
{
    to_timespec(vmm_nanoseconds(vmm_now()), (struct timespec *)args->b);
    return 0;
}

static long linux_clock_getres(const struct args *args)
{
    if (args->b) {
        to_timespec(1, (struct timespec *)args->b);
    }
    return 0;
}

static long sleep_for(const struct timespec *ts)
{
    uint64_t deadline;

    if (!deadline_after(ts, &deadline)) {
        return -EINVAL;
    }
    vmm_sleep_until(deadline);
    return 0;
}

static long linux_nanosleep(const struct args *args)
{
    return sleep_for((const struct timespec *)args->a);
}

/* Relative times only; an absolute one would need the caller to know that clocks start with the
 * TSC. */
static long linux_clock_nanosleep(const struct args *args)
{
    return args->b ? -EINVAL : sleep_for((const struct timespec *)args->c);
}

/* ---- threads and ends ---- */

/*
 * One thread a service: nobody can wake it, so a wait without a timeout is a deadlock (a lock taken
 * twice), which ends the service instead of hanging it.
 */
static long linux_futex(const struct args *args)
{
    const volatile int *word = (const volatile int *)args->a;
    uint64_t deadline;

    switch (args->b & FUTEX_OPERATION) {
    case FUTEX_WAKE:
        return 0;
    case FUTEX_WAIT:
        if (*word != (int)args->c) {
            return -EAGAIN;
        }
        if (!args->d) {
            vmm_fatal("deadlock: the only thread waits for a lock that it holds");
        }
        if (!deadline_after((const struct timespec *)args->d, &deadline)) {
            return -EINVAL;
        }
        vmm_sleep_until(deadline);
        return -ETIMEDOUT;
    default:
        return -ENOSYS;
    }
}

static long linux_exit(const struct args *args)
{
    vmm_exit((uint64_t)args->a & 0xff);
}

/* raise(), so abort(): there are no signals, the only thing one can do is end. */
static long linux_tkill(const struct args *args)
{
    vmm_log("ended by signal %d", (int)args->b);
    vmm_exit(128 + ((uint64_t)args->b & 0x7f));
}

static long linux_nothing(const struct args *args)
{
    (void)args;
    return 0;
}

/* getpid, gettid, set_tid_address: the only thread of the only process. */
static long linux_one(const struct args *args)
{
    (void)args;
    return 1;
}

static long linux_getrandom(const struct args *args)
{
    return vmm_random((void *)args->a, (size_t)args->b) ? args->b : -ENOSYS;
}

/* ---- the table ---- */

static long (*const table[])(const struct args *) = {
    [SYS_read] = linux_read,
    [SYS_write] = linux_write,
    [SYS_close] = linux_close,
    [SYS_lseek] = linux_lseek,
    [SYS_mmap] = linux_mmap,
    [SYS_mprotect] = linux_mprotect,
    [SYS_munmap] = linux_munmap,
    [SYS_brk] = linux_brk,
    [SYS_rt_sigprocmask] = linux_nothing, /* nothing to block */
    [SYS_ioctl] = linux_ioctl,
    [SYS_readv] = linux_read,
    [SYS_writev] = linux_writev,
    [SYS_sched_yield] = linux_nothing,
    [SYS_nanosleep] = linux_nanosleep,
    [SYS_getpid] = linux_one,
    [SYS_exit] = linux_exit,
    [SYS_gettid] = linux_one,
    [SYS_tkill] = linux_tkill,
    [SYS_futex] = linux_futex,
    [SYS_set_tid_address] = linux_one,
    [SYS_clock_gettime] = linux_clock_gettime,
    [SYS_clock_getres] = linux_clock_getres,
    [SYS_clock_nanosleep] = linux_clock_nanosleep,
    [SYS_exit_group] = linux_exit,
    [SYS_getrandom] = linux_getrandom,
};

long vmm_linux_call(long n, long a, long b, long c, long d, long e, long f)
{
    struct args args = { a, b, c, d, e, f };

    if (n < 0 || (size_t)n >= sizeof(table) / sizeof(*table) || !table[n]) {
        return -ENOSYS;
    }
    return table[n](&args);
}
