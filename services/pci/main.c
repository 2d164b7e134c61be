/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pci: the guest's accesses to PCI configuration space, by the policy's rules. Runs only where a
 * policy has rules for PCI functions or their BARs. Touches no FPU or SSE register. The rules
 * themselves are in the library (pci.h).
 */
#include "../common/ready.h"
#include "hardware.h"
#include <vmm/exit.h>
#include <vmm/log.h>
#include <vmm/serve.h>

static struct pci pci;
static struct pci_saved private_state; /* where init keeps none */

/*
 * RAM as the guest's E820 has it: there no BAR can be reached, and hooking it would take RAM away.
 * Neighbours are joined; false if there are still more than fit.
 */
static bool take_ram(const struct weir_e820 *map, size_t n)
{
    enum { RAM = 1, ACPI_RECLAIM = 3, ACPI_NVS = 4 };
    struct pci_range *last = NULL;

    for (size_t i = 0; i < n; i++) {
        uint64_t end = map[i].base + map[i].bytes - 1;

        if ((map[i].type != RAM && map[i].type != ACPI_RECLAIM && map[i].type != ACPI_NVS) ||
            map[i].bytes == 0 || end < map[i].base)
            continue;
        if (last && last->last + 1 == map[i].base) {
            last->last = end;
            continue;
        }
        if (pci.nreserved == PCI_MAX_RESERVED)
            return false;
        last = &pci.reserved[pci.nreserved++];
        *last = (struct pci_range){map[i].base, end};
    }
    return true;
}

static enum weir_verdict dispatch(struct weir_msg *msg, uint64_t *data)
{
    bool write = msg->flags & WEIR_F_WRITE;

    if (msg->kind == WEIR_MSG_IO)
        return pci_port_access(&pci, write, (uint16_t)msg->addr, msg->size, data);
    return pci_ecam_access(&pci, write, msg->addr, msg->size, data);
}

static bool size_is_sound(const struct weir_msg *msg)
{
    return msg->size >= 1 && msg->size <= (msg->kind == WEIR_MSG_IO ? 4 : 8);
}

static enum weir_verdict access(void *context, struct weir_msg *msg)
{
    (void)context;
    return size_is_sound(msg) ? dispatch(msg, &msg->data) : WEIR_V_DENY;
}

/*
 * String I/O: one element at a time, because each may move what the next one means; the kernel
 * brings the rest again. The element stands in the transfer page, which the kernel does not read
 * back for a write: so nothing is passed or replaced.
 */
static enum weir_verdict port_access(void *context, struct weir_msg *msg)
{
    bool exclusive = pci.exclusive;
    enum weir_verdict verdict;
    uint64_t data = 0;

    if (!(msg->flags & WEIR_F_REP))
        return access(context, msg);
    if (!size_is_sound(msg))
        return WEIR_V_DENY;
    memcpy(&data, vmm_transfer(), msg->size);
    pci.exclusive = true;
    verdict = dispatch(msg, &data);
    pci.exclusive = exclusive;
    memcpy(vmm_transfer(), &data, msg->size);
    msg->count = 1;
    return verdict;
}

_Noreturn static void give_up(const char *reason)
{
    if (service_failed(reason) != WEIR_OK)
        vmm_log("%s", reason);
    vmm_fatal("pci: %s", reason);
}

static void start(void)
{
    const struct weir_start_region *tables = vmm_region("tables"), *e820 = vmm_region("e820"),
                                   *state = vmm_region("state");
    const char *reason;

    if (!tables || !e820)
        give_up("no tables or no memory map");
    pci.tables = (const struct policy_tables *)tables->va;
    pci.saved = state && state->bytes >= sizeof(struct pci_saved) ? (struct pci_saved *)state->va
                                                                  : &private_state;
    pci.exclusive = vmm_start()->cpus > 1;
    if (!hardware_open(pci.tables, &reason))
        give_up(reason);
    if (!take_ram((const struct weir_e820 *)e820->va, e820->bytes / sizeof(struct weir_e820)))
        give_up("the memory map has too many pieces");
    hardware_describe(&pci);
    /* A new instance's first request may stand in the port already; it is answered after this. */
    if (pci_start(&pci) != WEIR_OK)
        give_up(hardware_last_line());
    if (vmm_start()->instance == 0 && pci.tables->nkeys && hardware_wipe_ports() != WEIR_OK)
        give_up("the ports that end the machine can't be watched");
    if (hardware_bind_ports() != WEIR_OK)
        give_up("ports CF8h to CFFh can't be bound");
}

int main(void)
{
    struct vmm_service service = {.port = WEIR_SLOT_PORT, .io = port_access, .mmio = access};

    start();
    if (service_ready() != WEIR_OK)
        return 1;
    return (int)vmm_serve(&service);
}
