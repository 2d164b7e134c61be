/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices: ranges of I/O ports, physical addresses or MSRs. A device can be bound once: then every access of the guest
 * to its range is an exit that its binding decides about.
 */
#ifndef KERNEL_DEVICE_H
#define KERNEL_DEVICE_H

#include "object.h"

struct port;

enum device_type { DEVICE_PORTS, DEVICE_ADDRESSES, DEVICE_MSRS, DEVICE_TYPES };

/* What happens to the guest's accesses of [first, last]. */
struct binding {
    u8 mode; /* enum weir_bind */
    u8 type; /* enum device_type */
    u64 first, last;
    struct port *port;
    u64 value;  /* WEIR_BIND_VALUE */
    u64 cookie; /* for the port's service */
    struct binding *next; /* of the same type, by first; ports have a table instead */
};

struct device {
    struct object object;
    u8 type;
    u32 rights; /* what capabilities to it and its parts may have */
    u64 first, last;
    struct binding *bind; /* NULL: unbound */
};

struct device *device_create(struct domain *d, u8 type, u32 rights, u64 first, u64 last) must_check;
/* One of the three root devices, init's. */
struct device *device_create_root(struct domain *d, enum device_type type) must_check;
void device_destroy(struct device *v);
/* The domain of a bound device dies: the binding stays, owned by init's domain, until it is taken over. */
void device_orphan(struct device *v);
/* The port is going: bindings that forward to it end, or float from now on if it is a closed one. */
void device_end_port(struct port *p);

u64 device_bind(struct device *v, u64 mode, struct port *p, u64 value, u64 cookie) must_check;
void device_unbind(struct device *v);
/* Secret memory is wiped before the guest writes a value with those bits to v's first port. */
u64 device_wipe(struct device *v, u32 mask, u32 value) must_check;
extern u64 wipe_ports; /* bit n: such a port is n modulo 64 */
void device_may_wipe(u16 port, u32 value);

/* The guest is about to write. Most ports pay one test. */
static inline void device_written(u16 port, u32 value)
{
    if (unlikely(wipe_ports & BIT(port % 64)))
        device_may_wipe(port, value);
}
/* Opens the device's ports to d's ring 3. */
u64 device_open(struct device *v, struct domain *d) must_check;

/* Bindings of ports, by port; pages of pointers, NULL where none of a page's ports is bound. */
#define IO_PER_PAGE (PAGE_SIZE / sizeof(struct binding *))
extern struct binding **io_table[65536 / IO_PER_PAGE];
/* The binding of the first bound byte in [addr, addr + size), NULL: none. */
struct binding *binding_search(u8 type, u64 addr, u64 size);

/* The same, quickly: exit path. */
static inline struct binding *binding_find_io(u16 port, unsigned size)
{
    struct binding **t = io_table[port / IO_PER_PAGE];

    if (likely(t && t[port % IO_PER_PAGE]))
        return t[port % IO_PER_PAGE];
    return binding_search(DEVICE_PORTS, port, size);
}

extern struct binding *binding_found[DEVICE_TYPES]; /* the last one of a range's; NULL: none */
extern u64 binding_changes; /* counts, from 1, the bindings that began and ended */

static inline struct binding *binding_find(enum device_type type, u64 addr, u64 size)
{
    struct binding *b = binding_found[type];

    return likely(b && b->first <= addr && b->last >= addr) ? b : binding_search(type, addr, size);
}

/* Whether any binding touches the page. */
bool binding_in_page(u64 page);

#endif
