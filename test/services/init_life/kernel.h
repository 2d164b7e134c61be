/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel of a few hundred lines for init's sake: objects, capabilities and budgets as include/weir/abi.h has them,
 * no services that run. The test plays those: it makes the events that init waits for.
 */
#ifndef INIT_LIFE_KERNEL_H
#define INIT_LIFE_KERNEL_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <weir/abi.h>
#include <weir/message.h>

#define FAKE_HZ 1000000000ull
#define FAKE_MAPS 64u
#define FAKE_SLOTS 4096u

struct fake_object;

struct fake_cap {
    struct fake_object *object;
    uint64_t rights, badge;
};

struct fake_map {
    struct fake_object *object;
    uint64_t va, pages, prot;
};

struct fake_object {
    enum weir_kind kind;
    bool alive;
    uint64_t pages;                 /* DOMAIN: budget; MEMORY */
    uint8_t *memory;                /* MEMORY */
    bool secret;                    /* MEMORY: WEIR_MEMORY_SECRET */
    struct fake_object *domain;     /* THREAD */
    uint64_t entry, message_va;     /* THREAD */
    struct fake_cap *slots;         /* DOMAIN */
    uint64_t nslots;
    struct fake_map maps[FAKE_MAPS];
    struct fake_object *note;       /* DOMAIN */
    uint64_t bits;                  /* DOMAIN: given to note; NOTE: pending */
    struct weir_failure failure;    /* DOMAIN */
    struct fake_object *parent;     /* DEVICE */
    uint64_t first, last;           /* DEVICE */
    uint64_t mode, argument, cookie;/* DEVICE: mode 0 = not bound */
    struct fake_object *port;       /* DEVICE: bound to; VCPU: its own */
    struct fake_object *emulator;   /* VCPU */
    bool running;
    uint64_t deadline_us;           /* PORT */
    bool closed; /* WEIR_PORT_CLOSED */
};

enum fake_end {
    FAKE_ENOUGH = 1, /* the script is over */
    FAKE_HALTED,
    FAKE_STUCK, /* init waits for ever and nothing will come */
};

struct fake_kernel {
    struct weir_start start;
    struct fake_cap slots[FAKE_SLOTS]; /* init's */
    uint64_t free_pages, now, refusals;
    uint64_t fail_at; /* the n-th create, grant or map from now on is refused for want of memory; 0: none */
    struct weir_hook_block boot;
    bool uart;
    char log[1u << 16];
    uint64_t logged;
    bool (*script)(void); /* makes the next message in vmm_message(); false: nothing comes before the deadline */
    jmp_buf end;
};

extern struct fake_kernel fake;

void fake_begin(void);
void fake_region(const char *name, const void *data, uint64_t bytes);
struct fake_object *fake_domain_of(const char *service); /* the one alive whose start block has the name */
const struct weir_start *fake_block(const struct fake_object *domain);
void *fake_region_of(const struct fake_object *domain, const char *name, uint64_t *prot);
void fake_stop(struct fake_object *domain, const struct weir_failure *why); /* as the kernel does; signals the note */
uint64_t fake_slots_in_use(void);

/* The n-th (from 0) object of the kind that is alive, NULL: there are fewer. */
struct fake_object *fake_object(enum weir_kind kind, unsigned n);

#endif
