/* SPDX-License-Identifier: BSD-2-Clause */
#include "reload.h"
#include "ask.h"
#include "bindings.h"
#include "guest.h"
#include "say.h"
#include "supervise.h"
#include "things.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <vmm/start.h>
#include <vmm/syscall.h>
#include <vmm/time.h>

#define REASON 256u
#define PAUSE_TRIES 1000u
#define PAUSE_US 1000u

static struct policy_tables *in_force; /* "tables", which the others read */
static struct policy_tables next, before;
static struct binding list[BINDINGS_MAX];
static uint16_t uart;
static char reason[REASON];
static bool changing; /* init waits for services meanwhile, and may be asked for other things */

enum weir_status reload_begin(const struct policy_tables *tables, uint16_t port)
{
    in_force = (struct policy_tables *)(uintptr_t)tables; /* init's own memory, made by init */
    uart = port;
    if (!things_make_memory("candidate.tables", sizeof(struct policy_tables))) {
        return WEIR_E_MEMORY;
    }
    return service_candidate_begin();
}

static void drop_text(void)
{
    things_free_memory("candidate.lua");
}

enum weir_status reload_start(const void *text, size_t bytes, const char *name, const char **why)
{
    struct service *c = &services[SERVICE_CANDIDATE];
    const struct thing_memory *m;

    *why = "another policy is being evaluated";
    if (c->state != SERVICE_IDLE || changing || services[SERVICE_POLICY].state != SERVICE_RUNNING) {
        return WEIR_E_BUSY;
    }
    *why = bytes ? "no memory for the text" : "the policy is empty";
    m = bytes ? things_make_memory("candidate.lua", bytes) : NULL;
    if (!m) {
        return WEIR_E_MEMORY;
    }
    memcpy(m->va, text, bytes);
    for (size_t i = 0; i < sizeof(c->title) - 1; i++) {
        bool good = name[i] > ' ' && name[i] <= '~';

        c->title[i] = good ? name[i] : '\0';
        if (!good) {
            break;
        }
    }
    if (service_start(c) != WEIR_OK) {
        drop_text();
        return WEIR_E_MEMORY;
    }
    return WEIR_OK;
}

void reload_failed(const char *why)
{
    services[SERVICE_CANDIDATE].state = SERVICE_IDLE;
    drop_text();
    say("the policy stays as it is: %s", why);
    ask_reloaded(WEIR_E_ARG, why);
}

/* ---- may it be changed now? ---- */

static bool fixed(const char *what, uint32_t line)
{
    (void)snprintf(reason, sizeof(reason), "%.64s:%" PRIu32 ": %s cannot be changed while the guest runs", next.name,
                   line ? line : 1, what);
    return false;
}

static bool service_fits(const struct policy_service *p, const struct service *s, bool needed)
{
    const struct policy_service *old = policy_find_service(&before, p->name);
    char what[64];

    if (!old || old->deadline_ms != p->deadline_ms) {
        (void)snprintf(what, sizeof(what), "the deadline of %.15s", p->name);
        return fixed(what, p->line);
    }
    if (old->on_limit != p->on_limit) {
        (void)snprintf(what, sizeof(what), "on_limit of %.15s", p->name);
        return fixed(what, p->line);
    }
    if (needed && s->state == SERVICE_DOWN) {
        (void)snprintf(what, sizeof(what), "service %.15s, which is down for good,", p->name);
        return fixed(what, p->line);
    }
    return true;
}

static bool same_disks(void)
{
    for (uint32_t i = 0; i < next.nstorage && i < before.nstorage; i++) {
        struct policy_storage a = before.storage[i], b = next.storage[i];

        a.line = b.line = 0;
        if (memcmp(&a, &b, sizeof(a))) {
            return false;
        }
    }
    return before.nstorage == next.nstorage;
}

static bool fits(void)
{
    const struct policy_boot *a = &before.boot, *b = &next.boot;

    if (a->disk != b->disk || a->partition != b->partition || a->drive != b->drive) {
        return fixed("guest.boot", b->line);
    }
    if (before.console.uart != next.console.uart || before.console.ring_kib != next.console.ring_kib) {
        return fixed("the UART or the ring of console", next.console.line);
    }
    if (before.control.port != next.control.port) {
        return fixed("control", next.control.line);
    }
    if (!same_disks() || before.nranges != next.nranges || before.nkeys != next.nkeys ||
        memcmp(before.ranges, next.ranges, sizeof(next.ranges)) || memcmp(before.keys, next.keys, sizeof(next.keys))) {
        return fixed("storage", next.nstorage ? next.storage[0].line : 1);
    }
    for (uint32_t i = 0; i < next.nservices; i++) {
        for (unsigned k = 0; k < SERVICES; k++) {
            bool pci = k == SERVICE_PCI && bindings_need_pci(&next);

            if (!strcmp(next.services[i].name, services[k].spec->name) &&
                !service_fits(&next.services[i], &services[k], pci || k == SERVICE_WATCH)) {
                return false;
            }
        }
    }
    return true;
}

/* ---- the change ---- */

/* Until none of the guest's requests is with a service: those under way end under the old policy. */
static bool pause_guest(void)
{
    for (unsigned i = 0; i < PAUSE_TRIES; i++) {
        if (guest_pause()) {
            return true;
        }
        vmm_sleep_until(vmm_deadline(PAUSE_US));
    }
    return false;
}

/* Those that read the tables only once are started anew; watch, console and control look at them each time. */
static bool services_take(void)
{
    struct service *watch = &services[SERVICE_WATCH], *pci = &services[SERVICE_PCI];
    size_t n = bindings_make(in_force, uart, list);
    bool need_watch = bindings_have(list, n, BINDING_WATCH) || bindings_need_bars(in_force);

    if (need_watch && watch->state == SERVICE_IDLE && !supervise_again(watch)) {
        (void)snprintf(reason, sizeof(reason), "watch does not start");
        return false;
    }
    if ((bindings_need_pci(in_force) || pci->state != SERVICE_IDLE) && pci->state != SERVICE_DOWN && !supervise_again(pci)) {
        (void)snprintf(reason, sizeof(reason), "pci cannot keep the new rules; its reason is in the log");
        return false;
    }
    return guest_rebind(in_force, list, n, reason, sizeof(reason)) == WEIR_OK;
}

static void swap_texts(void)
{
    things_swap("policy.lua", "candidate.lua");
    things_swap("policy.tables", "candidate.tables");
}

/* Everything as it was: the old text is evaluated once more, by a fresh instance. */
static void take_back(void)
{
    struct service *policy = &services[SERVICE_POLICY];

    memcpy(policy->title, services[SERVICE_CANDIDATE].title, sizeof(policy->title));
    swap_texts();
    service_home.generation--;
    memcpy(in_force, &before, sizeof(before));
    if (!supervise_again(policy) || !services_take()) {
        say("error: the old policy cannot be restored whole: %s", reason);
    }
}

static void commit(void)
{
    for (unsigned i = 0; i < SERVICES; i++) {
        const struct policy_service *p = policy_find_service(&next, services[i].spec->name);

        if (p) {
            services[i].rule = (struct limit_rule){ p->restart_limit, p->window_s, p->backoff_ms };
        }
    }
    drop_text();
    ask_policy_changed();
    say("policy %.64s is in force (generation %" PRIu32 ")", in_force->name, in_force->generation);
}

void reload_ready(void)
{
    struct service *policy = &services[SERVICE_POLICY], *c = &services[SERVICE_CANDIDATE];
    const char *wrong = "";
    bool done;

    memcpy(&before, in_force, sizeof(before));
    if (policy_tables_copy(&next, things_memory("candidate.tables")->va, &wrong) != WEIR_OK) {
        (void)snprintf(reason, sizeof(reason), "its tables are not valid: %s", wrong);
    } else if (policy->state == SERVICE_DOWN) {
        (void)snprintf(reason, sizeof(reason), "service policy is down for good");
    } else if (!fits()) {
        /* the reason is there */
    } else if (!pause_guest()) {
        (void)snprintf(reason, sizeof(reason), "the guest's requests did not come to an end");
    } else {
        changing = true;
        service_promote(policy, c);
        swap_texts();
        service_home.generation++;
        memcpy(in_force, &next, sizeof(next));
        memset(vmm_message(), 0, sizeof(struct weir_msg)); /* the answer to READY goes out with the next wait */
        done = services_take();
        if (done) {
            commit();
        } else {
            take_back();
        }
        guest_go_on();
        changing = false;
        if (done) {
            ask_reloaded(WEIR_OK, "");
        } else {
            reload_failed(reason);
        }
        return;
    }
    service_stop(c);
    reload_failed(reason);
}
