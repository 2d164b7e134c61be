/* SPDX-License-Identifier: BSD-2-Clause */
#include "hardware.h"

#include <string.h>
#include <vmm/io.h>
#include <vmm/log.h>
#include <vmm/memory.h>
#include <vmm/start.h>
#include <vmm/syscall.h>
#include <weir/service.h>

#define CONFIG_FIRST 0xcf8
#define CONFIG_LAST 0xcff
/* An unaligned access to CF8h to CFFh also touches these, and pci does its parts one by one. */
#define OPEN_FIRST 0xcf5
#define OPEN_LAST 0xd02

/* One page of physical memory in view. */
struct window {
    uint64_t page, prot;
    uint8_t *va; /* NULL: none */
};

static struct {
    const struct policy_tables *tables;
    uint64_t ports, addresses, self, watch, storage;
    struct weir_ahci *ahci; /* NULL: no rules for disks */
    struct window config, memory;
    char line[VMM_LOG_LINE];
} hw = {.config = {.prot = WEIR_P_READ | WEIR_P_WRITE | WEIR_P_UNCACHED},
        .memory = {.prot = WEIR_P_READ}};

static uint8_t *look_at(struct window *w, uint64_t address)
{
    enum weir_status status;

    if (!w->va || w->page != address / WEIR_PAGE) {
        if (w->va)
            vmm_window_close(hw.addresses, w->va, 1);
        w->page = address / WEIR_PAGE;
        w->va = vmm_window_open(hw.addresses, w->page, 1, w->prot, &status);
    }
    return w->va ? w->va + address % WEIR_PAGE : NULL;
}

static bool read_memory(void *context, uint64_t address, void *to, size_t bytes)
{
    uint8_t *out = to;

    (void)context;
    while (bytes) {
        size_t n = WEIR_PAGE - address % WEIR_PAGE;
        const uint8_t *from = look_at(&hw.memory, address);

        if (!from)
            return false;
        if (n > bytes)
            n = bytes;
        memcpy(out, from, n);
        out += n;
        address += n;
        bytes -= n;
    }
    return true;
}

/* ---- the library's ops ---- */

static uint32_t op_in(void *context, uint16_t port, unsigned size)
{
    (void)context;
    return size == 1 ? vmm_in8(port) : size == 2 ? vmm_in16(port) : vmm_in32(port);
}

static void op_out(void *context, uint16_t port, unsigned size, uint32_t value)
{
    (void)context;
    if (size == 1)
        vmm_out8(port, (uint8_t)value);
    else if (size == 2)
        vmm_out16(port, (uint16_t)value);
    else
        vmm_out32(port, value);
}

static uint32_t op_ecam_read(void *context, uint64_t address, unsigned size)
{
    const uint8_t *at = look_at(&hw.config, address);

    (void)context;
    if (!at)
        return size == 1 ? UINT8_MAX : size == 2 ? UINT16_MAX : UINT32_MAX;
    return size == 1 ? vmm_read8(at) : size == 2 ? vmm_read16(at) : vmm_read32(at);
}

static void op_ecam_write(void *context, uint64_t address, unsigned size, uint32_t value)
{
    uint8_t *at = look_at(&hw.config, address);

    (void)context;
    if (!at)
        return;
    if (size == 1)
        vmm_write8(at, (uint8_t)value);
    else if (size == 2)
        vmm_write16(at, (uint16_t)value);
    else
        vmm_write32(at, value);
}

/*
 * Another service's port. Where that service is down for good, the range is what its on_limit says, as the kernel has
 * made of those that were bound before.
 */
static enum weir_status bind_other(uint64_t device, enum weir_bind mode, uint64_t port, uint64_t cookie, const char *name)
{
    enum weir_status status = vmm_device_ctl(device, WEIR_DEV_BIND, mode, port, cookie);
    const struct policy_service *s = policy_find_service(hw.tables, name);

    if (status != WEIR_E_CAP || !s)
        return status;
    if (s->on_limit == POLICY_LIMIT_PASS)
        return WEIR_OK;
    return vmm_device_ctl(device, WEIR_DEV_BIND, WEIR_BIND_FLOAT, 0, 0);
}

/* As init binds a rule: what the kernel can do alone costs no switch to ring 3. */
static enum weir_status bind_rule(uint64_t device, const struct pci_hook *hook)
{
    const struct policy_mmio *rule = &hw.tables->mmio[hook->rule];
    enum weir_bind mode = WEIR_BIND_FORWARD;
    uint64_t cookie = WEIR_COOKIE_BAR | hook->rule;

    if (rule->action == POLICY_DENY && !(rule->flags & POLICY_F_LOG))
        return vmm_device_ctl(device, WEIR_DEV_BIND, WEIR_BIND_FLOAT, 0, 0);
    if (rule->action == POLICY_PASS ||
        (rule->action == POLICY_CALL && (rule->flags & POLICY_F_READ_FIRST)))
        mode = WEIR_BIND_FILTER;
    return bind_other(device, mode, hw.watch, cookie, "watch");
}

/* Tells storage with every access where the registers are, and once beforehand. */
static enum weir_status bind_storage(uint64_t device, const struct pci_hook *hook)
{
    if (hook->space == PCI_PORTS && hw.ahci) {
        hw.ahci->ide = 1;
        return bind_other(device, WEIR_BIND_FORWARD, hw.storage, hook->base, "storage");
    }
    if (!hw.ahci || hook->base % WEIR_PAGE || hook->rule >= WEIR_AHCI_MAX)
        return WEIR_E_ARG;
    if (hook->base)
        hw.ahci->base[hook->rule] = hook->base;
    return bind_other(device, WEIR_BIND_FORWARD, hw.storage, hook->base | hook->rule, "storage");
}

static enum weir_status bind_device(uint64_t device, const struct pci_hook *hook)
{
    switch (hook->to) {
    case PCI_TO_WATCH:
        return bind_rule(device, hook);
    case PCI_TO_STORAGE:
        return bind_storage(device, hook);
    case PCI_TO_SELF:
        return vmm_device_ctl(device, WEIR_DEV_BIND, WEIR_BIND_FORWARD, hw.self, 0);
    default:
        return vmm_device_ctl(device, WEIR_DEV_BIND, WEIR_BIND_FLOAT, 0, 0);
    }
}

/* A device object for the range; its destruction ends the binding. */
static enum weir_status op_bind(void *context, const struct pci_hook *hook, uint32_t *handle)
{
    uint64_t slot = vmm_slot_alloc();
    enum weir_status status = WEIR_E_MEMORY;

    (void)context;
    if (!slot)
        return status;
    status = vmm_create_device(slot, hook->space == PCI_PORTS ? hw.ports : hw.addresses,
                               hook->first, hook->last);
    if (status == WEIR_OK) {
        status = bind_device(slot, hook);
        if (status == WEIR_OK) {
            *handle = (uint32_t)slot;
            return WEIR_OK;
        }
        if (vmm_destroy(slot) != WEIR_OK)
            vmm_log("device %llu can't be destroyed", (unsigned long long)slot);
    }
    vmm_slot_free(slot);
    return status;
}

static void op_unbind(void *context, const struct pci_hook *hook)
{
    enum weir_status status = vmm_device_ctl(hook->handle, WEIR_DEV_UNBIND, 0, 0, 0);

    (void)context;
    if (status == WEIR_OK || status == WEIR_E_STATE) /* the end of another service's port has ended it */
        status = vmm_destroy(hook->handle);
    if (status == WEIR_OK)
        vmm_slot_free(hook->handle);
    else
        vmm_log("range %llx-%llx can't be given back: %s", (unsigned long long)hook->first,
                (unsigned long long)hook->last, vmm_status_name(status));
}

/* watch keeps no state of a device, so the log is all that it needs. */
static void op_event(void *context, const struct pci_event *e)
{
    unsigned device = e->devfn >> 3, function = e->devfn & 7;

    (void)context;
    switch (e->kind) {
    case PCI_EVENT_MOVED:
        vmm_log("%02x:%02x.%u BAR %u moved from 0x%llx to 0x%llx", e->bus, device, function, e->bar,
                (unsigned long long)e->before, (unsigned long long)e->after);
        break;
    case PCI_EVENT_POWER:
        vmm_log("%02x:%02x.%u went from D%u to D%u", e->bus, device, function, (unsigned)e->before,
                (unsigned)e->after);
        break;
    case PCI_EVENT_IDENTITY:
        vmm_log("%02x:%02x.%u is another device now (class was %06llx)", e->bus, device, function,
                (unsigned long long)e->before);
        break;
    }
}

static void op_log(void *context, const char *format, va_list args)
{
    (void)context;
    vmm_format(hw.line, sizeof(hw.line), format, args);
    vmm_log("%s", hw.line);
}

/* ---- start ---- */

const char *hardware_last_line(void)
{
    return hw.line;
}

static enum weir_status make_ports(uint64_t first, uint64_t last, uint64_t *slot)
{
    *slot = vmm_slot_alloc();
    return *slot ? vmm_create_device(*slot, hw.ports, first, last) : WEIR_E_MEMORY;
}

bool hardware_open(const struct policy_tables *tables, const char **reason)
{
    const struct weir_start_region *ahci = vmm_region("ahci");
    enum weir_status status;
    uint64_t slot;

    hw.tables = tables;
    hw.ports = vmm_capability("ports", WEIR_DEVICE);
    hw.addresses = vmm_capability("addresses", WEIR_DEVICE);
    hw.self = vmm_capability("self", WEIR_PORT);
    hw.watch = vmm_capability("watch", WEIR_PORT);
    hw.storage = vmm_capability("storage", WEIR_PORT);
    hw.ahci = ahci && ahci->bytes >= sizeof(*hw.ahci) ? (struct weir_ahci *)ahci->va : NULL;
    *reason = "the ports, addresses or its own port were not given";
    if (!hw.ports || !hw.addresses || !hw.self)
        return false;
    *reason = "the configuration ports can't be opened";
    status = make_ports(OPEN_FIRST, OPEN_LAST, &slot);
    if (status == WEIR_OK)
        status = vmm_device_ctl(slot, WEIR_DEV_OPEN, 0, 0, 0);
    return status == WEIR_OK;
}

enum weir_status hardware_bind_ports(void)
{
    enum weir_status status;
    uint64_t slot;

    status = make_ports(CONFIG_FIRST, CONFIG_LAST, &slot);
    if (status == WEIR_OK)
        status = vmm_device_ctl(slot, WEIR_DEV_BIND, WEIR_BIND_FORWARD, hw.self, 0);
    return status;
}

/* What every PC may have beside ACPI's: Intel's reset control register (ICH9, 13.7.5), port 92h, the 8042's pulses. */
static const struct pci_end resets[] = {{0xcf9, 4, 4}, {0x92, 1, 1}, {0x64, 0xf1, 0xf0}};

static enum weir_status wipe_before(const struct pci_end *end)
{
    uint64_t slot;
    enum weir_status status = make_ports(end->port, end->port, &slot);

    return status == WEIR_OK ? vmm_device_ctl(slot, WEIR_DEV_WIPE, end->mask, end->value, 0) : status;
}

enum weir_status hardware_wipe_ports(void)
{
    struct pci_end ends[PCI_MAX_ENDS];
    unsigned n = pci_find_ends(read_memory, NULL, ends);
    enum weir_status status = WEIR_OK;

    if (!n)
        vmm_log("no port is known that switches the machine off: keys stay in memory then");
    for (unsigned i = 0; i < n && status == WEIR_OK; i++)
        status = wipe_before(&ends[i]);
    for (unsigned i = 0; i < sizeof(resets) / sizeof(resets[0]) && status == WEIR_OK; i++)
        status = wipe_before(&resets[i]);
    return status;
}

void hardware_describe(struct pci *p)
{
    unsigned others = 0;

    p->ops = (struct pci_ops){&hw,     op_in,     op_out,   op_ecam_read, op_ecam_write,
                              op_bind, op_unbind, op_event, op_log};
    p->necam = pci_find_ecam(read_memory, NULL, p->ecam, &others);
    if (others)
        vmm_log("%u ECAM ranges of other segment groups are not mediated (doc/limits.md)", others);
}
