/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * init: starts everything, owns everything, and starts again what fails. In this order: the modules are checked,
 * policy is started and has its say, the other services are started, what the policy names is bound, the guest runs.
 */
#include "ask.h"
#include "bindings.h"
#include "guest.h"
#include "guest_boot.h"
#include "keys.h"
#include "options.h"
#include "reload.h"
#include "say.h"
#include "service.h"
#include "supervise.h"
#include "things.h"
#include "uart.h"
#include <string.h>
#include <vmm/start.h>
#include <vmm/syscall.h>
#include <weir/service.h>

#define PCI_STATE_BYTES (4 * WEIR_PAGE)
#define STORAGE_STATE_BYTES (1728 * 1024ull) /* services/storage asserts what it needs */
#define STORAGE_DMA_BYTES (9824 * 1024ull)
#define REASON 200u

static struct binding bindings[BINDINGS_MAX];

static const struct thing_memory *memory(const char *name, uint64_t bytes)
{
    const struct thing_memory *m = things_make_memory(name, bytes);

    if (!m) {
        refuse("out of memory for %s", name);
    }
    return m;
}

static void begin(struct options *options)
{
    const struct weir_start *start = vmm_start();
    char reason[REASON];

    if (things_begin() != WEIR_OK || supervise_begin() != WEIR_OK) {
        refuse("out of memory at the start of init");
    }
    if (options_parse(start->cmdline, sizeof(start->cmdline), options, reason) != WEIR_OK) {
        refuse("command line: unknown value in %s", reason);
    }
    if (!things_memory("policy.lua")) {
        refuse("boot module policy.lua is missing");
    }
    if (services_begin(reason, sizeof(reason)) != WEIR_OK) {
        refuse("%s", reason);
    }
}

/* The policy's tables, in memory that only init can write to. */
static const struct policy_tables *evaluate(void)
{
    const struct thing_memory *theirs = memory("policy.tables", sizeof(struct policy_tables));
    const struct thing_memory *ours = memory("tables", sizeof(struct policy_tables));
    const char *reason = "";

    memory("policy.events", sizeof(struct policy_events));
    supervise_start(&services[SERVICE_POLICY]);
    if (policy_tables_copy(ours->va, theirs->va, &reason) != WEIR_OK) {
        refuse("the policy service made tables that are not valid: %s", reason);
    }
    return ours->va;
}

/* What disks need, and outlives the services that have it. */
static void prepare_disks(const struct policy_tables *t)
{
    char reason[REASON];

    if (keys_make(t, reason, sizeof(reason)) != WEIR_OK) {
        refuse("%s", reason);
    }
    if (t->nstorage) {
        memory("ahci", sizeof(struct weir_ahci));
        memory("storage.state", STORAGE_STATE_BYTES);
        memory("storage.dma", STORAGE_DMA_BYTES);
    }
}

static void configure(const struct policy_tables *t)
{
    for (unsigned i = 0; i < SERVICES; i++) {
        struct service *s = &services[i];
        const struct policy_service *p = policy_find_service(t, s->spec->name);

        if (!p) {
            refuse("the policy's tables have no service %s", s->spec->name);
        }
        s->rule = (struct limit_rule){ p->restart_limit, p->window_s, p->backoff_ms };
        if (service_make_port(s, p->deadline_ms, p->on_limit == POLICY_LIMIT_PASS ? 0 : WEIR_PORT_CLOSED) != WEIR_OK) {
            refuse("out of memory for the port of %s", s->spec->name);
        }
    }
}

/* Makes the device "uart" if there is one to write to; returns its first port or 0. */
static uint16_t find_uart(const struct options *options, const struct policy_tables *t)
{
    uint16_t port = uart_wanted(options->log, &t->console);
    uint64_t all = things_device("ports");

    if (!port) {
        return 0;
    }
    if (vmm_device_ctl(all, WEIR_DEV_OPEN, 0, 0, 0) != WEIR_OK) {
        refuse("init may not use I/O ports");
    }
    if (!uart_present(port)) {
        return 0;
    }
    if (!things_make_device("uart", "ports", port, port + UART_PORTS - 1u)) {
        refuse("out of memory for the UART");
    }
    return port;
}

static void start_services(const struct policy_tables *t, size_t n)
{
    supervise_start(&services[SERVICE_CONSOLE]);
    supervise_start(&services[SERVICE_EMULATOR]);
    if (bindings_have(bindings, n, BINDING_WATCH) || bindings_need_bars(t)) {
        supervise_start(&services[SERVICE_WATCH]);
    }
    if (bindings_need_pci(t)) {
        supervise_start(&services[SERVICE_PCI]);
    }
    if (t->nstorage) { /* after pci, which finds the controllers */
        supervise_start(&services[SERVICE_STORAGE]);
    }
    if (t->control.port) {
        supervise_start(&services[SERVICE_CONTROL]);
    }
}

int main(void)
{
    const struct policy_tables *tables;
    struct weir_console_ring *ring;
    struct guest_boot boot;
    struct options options;
    const char *reason;
    uint16_t uart;
    size_t n;

    begin(&options);
    tables = evaluate();
    configure(tables);
    prepare_disks(tables);
    if (guest_boot_make(&tables->boot, options.usb, &boot, &reason) != WEIR_OK) {
        refuse("%.64s:%u: %s", tables->name, tables->boot.line, reason);
    }
    memory("pci.state", PCI_STATE_BYTES);
    ring = memory("ring", sizeof(*ring) + tables->console.ring_kib * 1024ull)->va;
    ring->uart = uart = find_uart(&options, tables);
    if (tables->control.port && (ask_begin() != WEIR_OK || reload_begin(tables, uart) != WEIR_OK)) {
        refuse("out of memory for control");
    }
    n = bindings_make(tables, uart, bindings);
    start_services(tables, n);
    guest_bind(tables, bindings, n);
    guest_run(&boot);
    supervise_forever();
}
