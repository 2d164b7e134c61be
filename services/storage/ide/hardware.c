/* SPDX-License-Identifier: BSD-2-Clause */
/* The ports of the service; the tests have a model in this place. */
#include "ide.h"
#include "../service.h"
#include <vmm/io.h>
#include <vmm/memory.h>
#include <vmm/start.h>
#include <vmm/syscall.h>

static struct {
    uint16_t bm_base;
    uint64_t bm_slot; /* the device that opened them; 0: none */
} hw;

static uint16_t port_of(const struct ide_channel *c, unsigned reg)
{
    uint16_t base = c->number ? IDE_SECONDARY : IDE_PRIMARY;

    return (uint16_t)(base + (reg == IDE_CONTROL ? IDE_CONTROL_OFFSET : reg));
}

static uint16_t bm_port_of(const struct ide_channel *c, unsigned reg)
{
    return (uint16_t)(hw.bm_base + c->number * BM_BYTES + reg);
}

uint8_t ide_in(const struct ide_channel *c, unsigned reg)
{
    return vmm_in8(port_of(c, reg));
}

void ide_out(const struct ide_channel *c, unsigned reg, uint8_t value)
{
    vmm_out8(port_of(c, reg), value);
}

void ide_in_words(const struct ide_channel *c, void *to, unsigned words)
{
    uint64_t n = words;

    __asm__ volatile("rep insw" : "+D"(to), "+c"(n) : "d"(port_of(c, IDE_DATA)) : "memory");
}

void ide_out_words(const struct ide_channel *c, const void *from, unsigned words)
{
    uint64_t n = words;

    __asm__ volatile("rep outsw" : "+S"(from), "+c"(n) : "d"(port_of(c, IDE_DATA)) : "memory");
}

uint8_t bm_in(const struct ide_channel *c, unsigned reg)
{
    return hw.bm_base ? vmm_in8(bm_port_of(c, reg)) : 0;
}

void bm_out(const struct ide_channel *c, unsigned reg, uint8_t value)
{
    if (hw.bm_base)
        vmm_out8(bm_port_of(c, reg), value);
}

void bm_out_table(const struct ide_channel *c, uint32_t address)
{
    if (hw.bm_base)
        vmm_out32(bm_port_of(c, BM_TABLE), address);
}

/* Opens ports first to last; the device's slot, 0: they can't be had. */
static uint64_t open_ports(uint16_t first, uint16_t last)
{
    uint64_t ports = vmm_capability("ports", WEIR_DEVICE), slot = ports ? vmm_slot_alloc() : 0;

    if (!slot)
        return 0;
    if (vmm_create_device(slot, ports, first, last) == WEIR_OK) {
        if (vmm_device_ctl(slot, WEIR_DEV_OPEN, 0, 0, 0) == WEIR_OK)
            return slot;
        (void)!vmm_destroy(slot);
    }
    vmm_slot_free(slot);
    return 0;
}

bool bm_open(uint16_t base)
{
    uint64_t slot;

    if (base == hw.bm_base)
        return true;
    slot = open_ports(base, (uint16_t)(base + IDE_CHANNELS * BM_BYTES - 1));
    if (!slot)
        return false;
    if (hw.bm_slot && vmm_destroy(hw.bm_slot) == WEIR_OK)
        vmm_slot_free(hw.bm_slot);
    hw.bm_slot = slot;
    hw.bm_base = base;
    return true;
}

bool hardware_open_ide(void)
{
    for (unsigned n = 0; n < IDE_CHANNELS; n++) {
        uint16_t base = n ? IDE_SECONDARY : IDE_PRIMARY, control = (uint16_t)(base + IDE_CONTROL_OFFSET);

        if (!open_ports(base, base + IDE_COMMAND) || !open_ports(control, control))
            return false;
    }
    return true;
}
