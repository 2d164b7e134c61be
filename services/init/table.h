/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The services that init knows: for each what it is made of and what it is given. include/weir/service.h says the same
 * to the services' authors.
 */
#ifndef INIT_TABLE_H
#define INIT_TABLE_H

#include <stdint.h>
#include <weir/abi.h>

enum service_id {
    SERVICE_POLICY = 0,
    SERVICE_CONSOLE,
    SERVICE_EMULATOR,
    SERVICE_WATCH,
    SERVICE_PCI,
    SERVICE_STORAGE,
    SERVICE_CONTROL,
    SERVICES,
    SERVICE_CANDIDATE = SERVICES, /* a second policy, while another text is evaluated (reload.h) */
    SERVICE_SLOTS
};

enum give_kind {
    GIVE_PORT = 1, /* `of` is a service */
    GIVE_DEVICE,   /* `of` is a device that init holds (things.h) */
    GIVE_MEMORY,   /* `of` is memory that init holds (things.h) */
    GIVE_NOTE,     /* init's own note */
};

struct give {
    uint8_t kind;
    const char *name; /* what the service finds it under */
    const char *of;   /* what init has it under; things init does not have are left out */
    uint32_t rights;  /* enum weir_right; memory: WEIR_P_* */
};

#define GIVES_MAX 12u

struct service_spec {
    const char *name;    /* of the service and of its boot module */
    uint32_t pages;      /* the domain's budget: page tables, message pages, heap */
    uint32_t slots;      /* of its capability table */
    struct give gives[GIVES_MAX];
};

extern const struct service_spec service_table[SERVICES];

#endif
