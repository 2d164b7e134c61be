/* SPDX-License-Identifier: BSD-2-Clause */
/* Machines for the model: functions, bridges, BARs and capabilities. */
#include <string.h>

#include "model.h"

void model_init(struct model *m)
{
    memset(m, 0, sizeof(*m));
    m->die_after = -1;
}

void model_put(struct model *m, int device, unsigned reg, unsigned size, uint64_t value)
{
    memcpy(&m->device[device].reg[reg], &value, size);
}

uint64_t model_get(const struct model *m, int device, unsigned reg, unsigned size)
{
    uint64_t value = 0;

    memcpy(&value, &m->device[device].reg[reg], size);
    return value;
}

static void put_mask(struct model *m, int device, unsigned reg, unsigned size, uint64_t value)
{
    memcpy(&m->device[device].mask[reg], &value, size);
}

int model_add(struct model *m, int parent, uint8_t devfn, uint32_t id, uint32_t class_code)
{
    int i = (int)m->devices++;
    struct device *d = &m->device[i];

    d->present = true;
    d->parent = parent;
    d->devfn = devfn;
    model_put(m, i, 0x00, 4, id);
    model_put(m, i, 0x08, 4, class_code << 8 | 1);
    put_mask(m, i, 0x04, 2, 0x0547);
    put_mask(m, i, 0x3c, 1, 0xff);
    return i;
}

int model_add_bridge(struct model *m, int parent, uint8_t devfn, uint8_t secondary,
                     uint8_t subordinate)
{
    int i = model_add(m, parent, devfn, 0x000c1b36, 0x060400);

    m->device[i].bridge = true;
    model_put(m, i, 0x0e, 1, 1);
    model_put(m, i, 0x18, 4, (uint32_t)subordinate << 16 | (uint32_t)secondary << 8);
    put_mask(m, i, 0x18, 4, 0x00ffffff);
    put_mask(m, i, 0x3e, 2, 0x00ff);
    return i;
}

void model_add_bar(struct model *m, int device, unsigned bar, uint32_t type, uint64_t size,
                   uint64_t base)
{
    unsigned reg = 0x10 + 4 * bar;
    uint64_t mask = ~(size - 1);

    if (type & 1)
        mask &= 0xfffc;
    model_put(m, device, reg, 4, (uint32_t)base | type);
    put_mask(m, device, reg, 4, (uint32_t)mask);
    if ((type & 7) == 4) {
        model_put(m, device, reg + 4, 4, base >> 32);
        put_mask(m, device, reg + 4, 4, mask >> 32);
    }
}

void model_add_capability(struct model *m, int device, uint8_t at, uint8_t id)
{
    struct device *d = &m->device[device];

    d->reg[at] = id;
    d->reg[at + 1] = d->reg[0x34];
    d->reg[0x34] = at;
    d->reg[0x06] |= 0x10;
    if (id == 1) {
        d->power = (uint8_t)(at + 4);
        d->mask[at + 4] = 3;
    }
}

void model_expect(struct model *m, int device, unsigned bar, uint64_t first, uint64_t last,
                  uint8_t to, uint16_t rule)
{
    m->expect[m->expects++] = (struct expectation){device, bar, first, last, to, rule};
}

/* A machine as QEMU's q35 has it, with two bridges. */
void model_machine(struct model *m)
{
    model_add(m, -1, DEVFN(0, 0), 0x29c08086, 0x060000);
    m->pciexbar = true;
    model_put(m, HOST, 0x60, 8, MODEL_ECAM | 1);
    memset(&m->device[HOST].mask[0x60], 0xff, 8);
    model_add(m, -1, DEVFN(1, 0), 0x11111234, 0x030000);
    model_add_bar(m, VGA, 0, 0x8, 16 << 20, 0xfd000000);
    model_add_bar(m, VGA, 2, 0x0, 4096, 0xfebf0000);
    model_put(m, VGA, 4, 2, 3);
    model_add(m, -1, DEVFN(2, 0), 0x10d38086, 0x020000);
    model_add_bar(m, NIC, 0, 0x4, 128 << 10, 0xfeb80000);
    model_add_bar(m, NIC, 2, 0x1, 32, 0xc040);
    model_add_capability(m, NIC, 0xc8, 1);
    model_put(m, NIC, 4, 2, 7);
    model_add(m, -1, DEVFN(0x1d, 0), 0x29348086, 0x0c0300);
    model_put(m, UHCI, 0x0e, 1, 0x80);
    model_add_bar(m, UHCI, 4, 0x1, 32, 0xc060);
    model_add(m, -1, DEVFN(0x1d, 1), 0x29358086, 0x0c0300);
    model_add(m, -1, DEVFN(0x1d, 7), 0x293a8086, 0x0c0320);
    model_add(m, -1, DEVFN(0x1f, 0), 0x29188086, 0x060100);
    model_put(m, LPC, 0x0e, 1, 0x80);
    model_add(m, -1, DEVFN(0x1f, 2), 0x29228086, 0x010601);
    model_add_bar(m, AHCI, 4, 0x1, 32, 0xc080);
    model_add_bar(m, AHCI, 5, 0x0, 4096, 0xfebf1000);
    model_add_capability(m, AHCI, 0xa8, 0x12);
    model_put(m, AHCI, 0xac, 4, 0x48);
    model_put(m, AHCI, 4, 2, 7);
    model_add_bridge(m, -1, DEVFN(3, 0), 1, 2);
    model_add(m, BRIDGE, DEVFN(0, 0), 0x10001af4, 0x020000);
    model_add_bar(m, BEHIND, 1, 0x0, 4096, 0xfea00000);
    model_put(m, BEHIND, 4, 2, 2);
    model_add_bridge(m, BRIDGE, DEVFN(1, 0), 2, 2);
    model_add(m, INNER, DEVFN(5, 0), 0x000d1b36, 0x0c0330);
    model_add_bar(m, DEEP, 0, 0x4, 16384, 0xfe800000);
    model_put(m, DEEP, 4, 2, 2);
    m->pci.reserved[0] = (struct pci_range){0, 0x9ffff};
    m->pci.reserved[1] = (struct pci_range){0x100000, 0x7fffffff};
    m->pci.nreserved = 2;
}
