/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest.h"
#include "say.h"
#include "service.h"
#include "things.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <vmm/memory.h>
#include <vmm/start.h>
#include <vmm/syscall.h>

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

static void take_limits(const struct policy_tables *tables)
{
    for (unsigned i = 0; i < SERVICES; i++) {
        const struct policy_service *p = policy_find_service(tables, service_table[i].name);

        on_limit[i] = p ? p->on_limit : POLICY_LIMIT_PASS;
    }
}

void guest_bind(const struct policy_tables *tables, const struct binding *list, size_t n)
{
    take_limits(tables);
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
    take_limits(tables);
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

void guest_run(const struct weir_guest_boot *boot)
{
    vcpu = vmm_slot_alloc();
    enum weir_status status = vcpu ? vmm_create_vcpu(vcpu, service_home.port) : WEIR_E_MEMORY;

    if (status == WEIR_OK) {
        memcpy(vmm_transfer(), boot, sizeof(*boot));
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

void guest_without(enum service_id id)
{
    if (on_limit[id] == POLICY_LIMIT_STOP) {
        stop_machine("service %s is down for good and the policy wants no guest without it", service_table[id].name);
    }
    for (size_t i = 0; i < nbound; i++) {
        struct bound *b = &bound[i];
        enum weir_status status;

        if (b->what.owner == BINDING_NOBODY || service_of((enum binding_owner)b->what.owner) != id) {
            continue;
        }
        status = vmm_device_ctl(b->device, WEIR_DEV_UNBIND, 0, 0, 0);
        if (status == WEIR_E_STATE) { /* the end of the port has ended its bindings */
            status = WEIR_OK;
        }
        if (status == WEIR_OK && on_limit[id] == POLICY_FAIL_CLOSED) {
            status = vmm_device_ctl(b->device, WEIR_DEV_BIND, WEIR_BIND_FLOAT, 0, 0);
        }
        if (status != WEIR_OK) {
            stop_machine("ranges of service %s can't be rebound: %s", service_table[id].name,
                         vmm_status_name(status));
        }
    }
}
