/* SPDX-License-Identifier: BSD-2-Clause */
/* A service that goes wrong in the way that a call's text asks for; run.sh looks at how it ends. */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <vmm/exit.h>
#include <vmm/serve.h>
#include <vmm/start.h>

/* Through a pointer, so that the compiler does not see that this never ends. */
static int run_over_stack(volatile char *above);
static int (*volatile deeper)(volatile char *) = run_over_stack;

static int run_over_stack(volatile char *above)
{
    volatile char here[4096];

    here[0] = above[0];
    return deeper(here) + here[1];
}

/* Kept out of sight of the compiler, which would see the overflow. */
static void smash(volatile char *buffer, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        buffer[i] = 'x';
    }
}

static __attribute__((noinline)) void overflow_buffer(unsigned bytes)
{
    char buffer[16];

    smash(buffer, bytes);
}

static volatile double real = 1;
static volatile long double long_real = 1;

static void on_call(void *context, struct weir_msg *msg)
{
    const char *what = vmm_transfer();
    static const char constant[] = "constant";
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

    (void)context;
    switch (what[0]) {
    case 'a':
        abort();
    case 'A':
        assert(msg->size == 0);
        break;
    case 'f':
        vmm_fatal("cannot go on: %s", "reason");
    case 's':
        run_over_stack((volatile char *)msg);
        break;
    case 'b':
        overflow_buffer(64);
        break;
    case 'w':
        *(volatile char *)constant = 1;
        break;
    case 'x':
        ((void (*)(void))(uintptr_t)vmm_transfer())();
        break;
    case 'R':
        real = real + 1;
        break;
    case 'L':
        long_real = long_real + 1;
        break;
    case 'd':
        pthread_mutex_lock(&mutex);
        pthread_mutex_lock(&mutex);
        break;
    }
}

int main(void)
{
    struct vmm_service service = { .port = WEIR_SLOT_PORT, .call = on_call };

    return (int)vmm_serve(&service);
}
