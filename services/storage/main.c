/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * storage: the guest's disks, by the policy's rules. pci binds the registers of AHCI and IDE controllers to its port;
 * everything else is in the library (storage.h).
 */
#include "../common/ready.h"
#include "crypt/crypt.h"
#include "ide/ide.h"
#include "service.h"
#include "storage.h"
#include <stdio.h>
#include <vmm/exit.h>
#include <vmm/log.h>
#include <vmm/serve.h>
#include <vmm/start.h>
#include <vmm/time.h>

_Noreturn static void give_up(const char *reason)
{
    if (service_failed(reason) != WEIR_OK)
        vmm_log("%s", reason);
    vmm_fatal("storage: %s", reason);
}

/* A controller's registers may have moved: pci says where they are with every binding. */
static struct hba *controller(const struct weir_msg *msg, uint64_t *offset)
{
    uint64_t base = msg->aux & ~(WEIR_PAGE - 1ull), index = msg->aux % WEIR_PAGE;
    struct hba *h = &storage.hba[index % HBAS];

    if (index >= HBAS || msg->addr < base)
        return NULL;
    if (h->base != base && !storage_open(h, base))
        return NULL;
    *offset = msg->addr - base;
    return *offset + msg->size <= 2 * WEIR_PAGE ? h : NULL;
}

/* Microseconds since the instance before this one was ended. */
static uint64_t since_end(void)
{
    return (vmm_now() - vmm_start()->stood_tsc) / (vmm_start()->tsc_hz / 1000000);
}

static uint64_t ready_us;

/* Once for each restart: how long it took, and what came of the commands that were in flight. */
static __attribute__((noinline)) void tell(bool *told, const struct weir_msg *msg)
{
    struct weir_storage_counts *c = &storage.saved->counts;
    uint64_t us = since_end();

    *told = true;
    c->replayed += (msg->flags & WEIR_F_REPLAY) != 0;
    vmm_log("start %u: ready after %llu us, %s after %llu us; so far %u commands adopted, %u done again, %u aborted, "
            "%u ports reset, %u lost",
            vmm_start()->instance, (unsigned long long)ready_us,
            msg->flags & WEIR_F_REPLAY ? "the parked access answered" : "the first access", (unsigned long long)us,
            c->adopted, c->repeated, c->aborted, c->resets, c->lost);
}

static enum weir_verdict access(void *context, struct weir_msg *msg)
{
    uint64_t offset;
    struct hba *h = msg->size >= 1 && msg->size <= 8 ? controller(msg, &offset) : NULL;

    if (!h)
        return WEIR_V_DENY;
    vmm_ahead()->until = 0;
    if (msg->flags & WEIR_F_WRITE)
        registers_write(h, offset, msg->size, msg->data);
    else
        msg->data = registers_read(h, offset, msg->size);
    if (!*(bool *)context)
        tell(context, msg);
    return WEIR_V_DONE;
}

static enum weir_verdict port_access(void *context, struct weir_msg *msg)
{
    enum weir_verdict verdict = storage.ide ? ide_access(msg, vmm_transfer()) : WEIR_V_DENY;

    if (!*(bool *)context)
        tell(context, msg);
    return verdict;
}

static const struct weir_start_region *need(const char *name, uint64_t bytes)
{
    const struct weir_start_region *r = vmm_region(name);

    if (!r || r->bytes < bytes) {
        char reason[64];

        (void)snprintf(reason, sizeof(reason), "storage was not given %s", name);
        give_up(reason);
    }
    return r;
}

static void take_keys(void)
{
    const struct weir_start_region *r = vmm_region("keys");
    const struct crypt_keys *keys = r && r->bytes >= sizeof(*keys) ? (const struct crypt_keys *)r->va : NULL;

    storage.keys = keys && keys->magic == CRYPT_KEYS_MAGIC ? keys : NULL;
    if (!storage.keys && storage.tables->nkeys)
        give_up("the keys are missing");
    if (!storage.keys)
        return;
    crypt_begin();
    vmm_log("aes-xts-plain64 by %s", crypt_name());
}

static void start(void)
{
    const struct weir_start_region *dma = need("dma", sizeof(struct dma)), *e820 = need("e820", 1);
    const struct weir_ahci *ahci = (const struct weir_ahci *)need("ahci", sizeof(*ahci))->va;
    uint64_t bases[HBAS] = { 0 };

    storage.tables = (const struct policy_tables *)need("tables", sizeof(struct policy_tables))->va;
    storage.saved = (struct saved *)need("state", sizeof(struct saved))->va;
    storage.dma = (struct dma *)dma->va;
    storage.dma_phys = dma->phys;
    memory_begin((const struct weir_e820 *)e820->va, e820->bytes / sizeof(struct weir_e820), (uint8_t *)RAM_VIEW);
    if (!hardware_map_ram())
        give_up("the guest's memory can't be mapped");
    take_keys();
    for (unsigned i = 0; i < HBAS && i < WEIR_AHCI_MAX; i++)
        bases[i] = ahci->base[i];
    storage.ide = ahci->ide;
    if (storage.ide && !hardware_open_ide())
        give_up("the ports of IDE can't be opened");
    _Static_assert(sizeof(struct saved) <= 1728 * 1024 && sizeof(struct dma) <= 9824 * 1024, "what init makes");
    if (!storage_start(bases, vmm_start()->instance))
        give_up(storage.reason);
}

int main(void)
{
    bool told = vmm_start()->instance == 0;
    struct vmm_service service = { .port = WEIR_SLOT_PORT, .io = port_access, .mmio = access, .context = &told };

    start();
    hardware_begin_ahead();
    ready_us = since_end();
    if (service_ready() != WEIR_OK)
        return 1;
    return (int)vmm_serve(&service);
}
