/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest.h"
#include "say.h"
#include "service.h"
#include "things.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <vmm/io.h>
#include <vmm/memory.h>
#include <vmm/start.h>
#include <vmm/syscall.h>
#include <weir/service.h>

static const char *const roots[BINDING_SPACES] = { "ports", "addresses", "msrs" };
static const char *const words[BINDING_SPACES] = { "ports", "addresses", "MSRs" };

static struct bound {
    uint64_t device;
    struct binding what;
} bound[BINDINGS_MAX];
static size_t nbound;
static uint32_t on_limit[SERVICES];

static enum service_id service_of(enum binding_owner owner)
{
    return owner == BINDING_CONTROL ? SERVICE_CONTROL : SERVICE_WATCH;
}

static uint64_t owner_port(enum binding_owner owner)
{
    return owner == BINDING_NOBODY ? 0 : services[service_of(owner)].port;
}

static enum weir_status bind(const struct binding *b)
{
    uint64_t device = vmm_slot_alloc();
    uint64_t port = owner_port(b->owner);
    enum weir_status status;

    if (!device) {
        return WEIR_E_MEMORY;
    }
    status = vmm_create_device(device, things_device(roots[b->space]), b->first, b->last);
    if (status != WEIR_OK) {
        vmm_slot_free(device);
        return status;
    }
    status = vmm_device_ctl(device, WEIR_DEV_BIND, b->mode, b->owner ? port : b->argument,
                            b->owner ? b->argument : 0);
    if (status != WEIR_OK) {
        (void)!vmm_destroy(device);
        vmm_slot_free(device);
        return status;
    }
    bound[nbound++] = (struct bound){ device, *b };
    return WEIR_OK;
}

void guest_bind(const struct policy_tables *tables, const struct binding *list, size_t n)
{
    for (unsigned i = 0; i < SERVICES; i++) {
        const struct policy_service *p = policy_find_service(tables, service_table[i].name);

        on_limit[i] = p ? p->on_limit : POLICY_LIMIT_PASS;
    }
    for (size_t i = 0; i < n; i++) {
        const struct binding *b = &list[i];
        enum weir_status status = bind(b);

        if (status != WEIR_OK) {
            refuse("%.64s:%" PRIu32 ": %s 0x%" PRIx64 "-0x%" PRIx64 " can't be intercepted: %s", tables->name,
                   b->line, words[b->space], b->first, b->last, vmm_status_name(status));
        }
    }
}

static bool same(const struct binding *a, const struct binding *b)
{
    return a->first == b->first && a->last == b->last && a->argument == b->argument && a->space == b->space &&
           a->mode == b->mode && a->owner == b->owner;
}

static bool listed(const struct binding *b, const struct binding *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (same(b, &list[i])) {
            return true;
        }
    }
    return false;
}

static bool is_bound(const struct binding *b)
{
    for (size_t i = 0; i < nbound; i++) {
        if (same(b, &bound[i].what)) {
            return true;
        }
    }
    return false;
}

enum weir_status guest_rebind(const struct policy_tables *tables, const struct binding *list, size_t n, char *reason,
                              size_t bytes)
{
    for (size_t i = nbound; i-- > 0;) {
        if (!listed(&bound[i].what, list, n)) {
            (void)!vmm_destroy(bound[i].device); /* ends its binding */
            vmm_slot_free(bound[i].device);
            bound[i] = bound[--nbound];
        }
    }
    for (size_t i = 0; i < n; i++) {
        enum weir_status status = is_bound(&list[i]) ? WEIR_OK : bind(&list[i]);

        if (status != WEIR_OK) {
            (void)snprintf(reason, bytes, "%.64s:%" PRIu32 ": %s 0x%" PRIx64 "-0x%" PRIx64 " can't be intercepted: %s",
                           tables->name, list[i].line, words[list[i].space], list[i].first, list[i].last,
                           vmm_status_name(status));
            return status;
        }
    }
    return WEIR_OK;
}

static uint64_t vcpu;

bool guest_pause(void)
{
    return vmm_vcpu_ctl(vcpu, WEIR_VCPU_PAUSE, 0, 0).status == WEIR_OK;
}

void guest_go_on(void)
{
    (void)!vmm_vcpu_ctl(vcpu, WEIR_VCPU_RUN, 0, 0).status; /* it is paused */
}

void guest_run(const struct guest_boot *boot)
{
    const struct thing_memory *map = things_memory("e820");

    vcpu = vmm_slot_alloc();
    enum weir_status status = vcpu ? vmm_create_vcpu(vcpu, service_home.port) : WEIR_E_MEMORY;

    if (status == WEIR_OK) {
        guest_boot_block(boot, map->va, map->bytes / sizeof(struct weir_e820), vmm_transfer());
        status = vmm_vcpu_ctl(vcpu, WEIR_VCPU_BOOT, 0, 0).status;
    }
    if (status == WEIR_OK) {
        status = vmm_vcpu_ctl(vcpu, WEIR_VCPU_EMULATOR, services[SERVICE_EMULATOR].port, 0).status;
    }
    if (status == WEIR_OK) {
        status = vmm_vcpu_ctl(vcpu, WEIR_VCPU_RUN, 0, 0).status;
    }
    if (status != WEIR_OK) {
        refuse("the guest's CPU can't be started: %s", vmm_status_name(status));
    }
}

/* Registers of an AHCI controller: AHCI 1.3.1, 3.1.2, 3.1.4 and 3.3.7. */
#define HBA_GHC 0x04u
#define GHC_IE 2u
#define HBA_PI 0x0cu
#define HBA_PORT_CMD(n) (0x118u + 0x80u * (n))
#define PORT_CMD_ST 1u
#define HBA_PAGES 2u

/* What the guest can't reach any more must not interrupt it either, because it could never be told to stop. */
static void silence(uint64_t base)
{
    uint64_t addresses = things_device("addresses");
    enum weir_status status;
    uint8_t *hba = base ? vmm_window_open(addresses, base / WEIR_PAGE, HBA_PAGES,
                                          WEIR_P_READ | WEIR_P_WRITE | WEIR_P_UNCACHED, &status)
                        : NULL;

    if (!hba) {
        return;
    }
    vmm_write32(hba + HBA_GHC, vmm_read32(hba + HBA_GHC) & ~GHC_IE);
    for (unsigned i = 0; i < 32; i++) {
        if (vmm_read32(hba + HBA_PI) >> i & 1) {
            vmm_write32(hba + HBA_PORT_CMD(i), vmm_read32(hba + HBA_PORT_CMD(i)) & ~PORT_CMD_ST);
        }
    }
    vmm_window_close(addresses, hba, HBA_PAGES);
}

void guest_without(enum service_id id)
{
    const struct thing_memory *m = things_memory("ahci");
    const struct weir_ahci *ahci = m ? m->va : NULL;

    if (on_limit[id] == POLICY_LIMIT_STOP) {
        stop_machine("service %s is down for good and the policy wants no guest without it", service_table[id].name);
    }
    for (unsigned i = 0; id == SERVICE_STORAGE && on_limit[id] == POLICY_FAIL_CLOSED && ahci && i < WEIR_AHCI_MAX; i++) {
        silence(ahci->base[i]);
    }
}
