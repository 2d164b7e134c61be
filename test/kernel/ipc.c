/* SPDX-License-Identifier: BSD-2-Clause */
/* IPC: who runs after each step, and what stands in whose message page. */
#include <string.h>

#include "check.h"
#include "obj/note.h"
#include "obj/sched.h"
#include "system.h"

enum { PORT = 2, NOTE, WORKER, CLIENT, SECOND };

static struct domain *d;
static struct thread *worker, *client, *second;

static struct thread *make_thread(u64 slot, u64 va)
{
    CHECK(cap_is_free(d, 1) || system_object(d, 1) == &d->object, true);
    cap_set(d, 1, &d->object, WEIR_R_MANAGE, 0);
    CHECK(system_call(d->threads, WEIR_CREATE, WEIR_THREAD, slot, 1, 0x1000, 0x2000, va).result.status, WEIR_OK);
    return container_of(system_object(d, slot), struct thread, object);
}

static struct ran call(struct thread *t)
{
    return system_call(t, WEIR_CALL, PORT, 0, 0, 0, 0, 0);
}

static struct ran reply_wait(struct thread *t, u64 note, u64 deadline)
{
    return system_call(t, WEIR_REPLY_WAIT, PORT, 0, note, deadline, 0, 0);
}

static u64 create(u64 kind, u64 slot, u64 a)
{
    return system_call(d->threads, WEIR_CREATE, kind, slot, a, 0, 0, 0).result.status;
}

static struct port *port(void)
{
    return container_of(system_object(d, PORT), struct port, object);
}

static void ran_is(struct ran r, enum outcome what, const struct thread *t)
{
    CHECK(r.what, what);
    CHECK((u64)r.thread, (u64)t);
}

/* A thread of its own for each part; the first one stays on its message page and takes no part. */
static void start(const char *what)
{
    check_case = what;
    CHECK(create(WEIR_PORT, PORT, 50), WEIR_OK);
    CHECK(create(WEIR_NOTE, NOTE, 0), WEIR_OK);
    worker = make_thread(WORKER, 0x100000);
    client = make_thread(CLIENT, 0x110000);
    second = make_thread(SECOND, 0x120000);
    while (this_cpu()->ready_first)
        ready_remove(this_cpu(), this_cpu()->ready_first);
}

static struct thread *first_thread(void)
{
    struct thread *t = d->threads;

    while (t->next_in_domain)
        t = t->next_in_domain;
    return t;
}

static void end(void)
{
    for (u64 slot = PORT; slot <= SECOND; slot++)
        if (system_object(d, slot))
            system_call(first_thread(), WEIR_DESTROY, slot, 0, 0, 0, 0, 0);
    CHECK((u64)this_cpu()->timers, 0);
}

/* The worker is idle, takes the CPU with the request, and the reply gives it back. */
static void call_and_reply(void)
{
    start("call and reply");
    ran_is(reply_wait(worker, 0, 0), IDLE, NULL);
    cap_set(d, PORT, &port()->object, WEIR_R_CALL | WEIR_R_RECEIVE, 77);
    client->msg->data = 0x1234;
    client->msg->size = 6;
    client->msg->kind = 99;
    memcpy(client->transfer, "hello", 6);
    host_tsc = 5000;
    ran_is(call(client), RESUMED, worker);
    CHECK(worker->rax, WEIR_OK);
    CHECK(worker->msg->kind, WEIR_MSG_CALL); /* not what the client wrote there */
    CHECK(worker->msg->data, 0x1234);
    CHECK(worker->msg->vcpu, 77); /* the badge */
    CHECK(worker->msg->generation, 1);
    CHECK(worker->msg->deadline, 5050);
    CHECK(worker->msg->flags & WEIR_F_REPLAY, 0);
    CHECK(memcmp(worker->transfer, "hello", 6), 0);
    CHECK(client->state, THREAD_CALLING);
    worker->msg->data = 0x4321;
    worker->msg->size = 0;
    ((char *)worker->transfer)[0] = 'j';
    ran_is(reply_wait(worker, 0, 0), RESUMED, client);
    CHECK(client->rax, WEIR_OK);
    CHECK(client->msg->data, 0x4321);
    CHECK(*(char *)client->transfer, 'h'); /* size 0: no payload came */
    CHECK(worker->state, THREAD_RECEIVING);
    CHECK((u64)worker->client, 0);
    end();
}

static void payload_sizes(void)
{
    start("a size above the transfer page's");
    ran_is(reply_wait(worker, 0, 0), IDLE, NULL);
    client->msg->size = 0xffff;
    memset(client->transfer, 0x11, WEIR_TRANSFER_BYTES);
    ran_is(call(client), RESUMED, worker);
    CHECK(worker->msg->size, WEIR_TRANSFER_BYTES);
    CHECK(((u8 *)worker->transfer)[WEIR_TRANSFER_BYTES - 1], 0x11);
    memset(worker->transfer, 0x22, WEIR_TRANSFER_BYTES);
    worker->msg->size = WEIR_TRANSFER_BYTES + 1;
    ran_is(reply_wait(worker, 0, 0), RESUMED, client);
    CHECK(client->msg->size, WEIR_TRANSFER_BYTES);
    CHECK(((u8 *)client->transfer)[WEIR_TRANSFER_BYTES - 1], 0x22);
    end();
}

static void queue(void)
{
    start("queue");
    client->msg->data = 1;
    second->msg->data = 2;
    ran_is(call(client), IDLE, NULL);
    ran_is(call(second), IDLE, NULL);
    struct ran r = reply_wait(worker, 0, 0);
    ran_is(r, RETURNED, worker);
    CHECK(worker->msg->data, 1);
    CHECK(system_call(worker, WEIR_REPLY_WAIT, PORT, WEIR_RW_NO_REPLY, 0, 0, 0, 0).result.status, WEIR_E_STATE);
    CHECK((u64)worker->client, (u64)&client->as_client);
    ran_is(reply_wait(worker, 0, 0), RESUMED, client); /* the caller goes on; the worker has the next already */
    CHECK(worker->msg->data, 2);
    CHECK((u64)worker->client, (u64)&second->as_client);
    ran_is(system_schedule(), RESUMED, worker);
    ran_is(reply_wait(worker, 0, 0), RESUMED, second);
    end();
    start("the last queued caller is destroyed, another comes");
    struct thread *third = make_thread(SECOND + 1, 0x140000);
    ready_remove(this_cpu(), third);
    ran_is(call(client), IDLE, NULL);
    ran_is(call(second), IDLE, NULL);
    system_call(first_thread(), WEIR_DESTROY, SECOND, 0, 0, 0, 0, 0);
    ran_is(call(third), IDLE, NULL);
    ran_is(reply_wait(worker, 0, 0), RETURNED, worker);
    ran_is(reply_wait(worker, 0, 0), RESUMED, client);
    CHECK((u64)worker->client, (u64)&third->as_client);
    ran_is(reply_wait(worker, 0, 0), RESUMED, third);
    system_call(first_thread(), WEIR_DESTROY, SECOND + 1, 0, 0, 0, 0, 0);
    end();
    start("a queued caller is destroyed");
    ran_is(call(client), IDLE, NULL);
    ran_is(call(second), IDLE, NULL);
    system_call(first_thread(), WEIR_DESTROY, CLIENT, 0, 0, 0, 0, 0);
    second->msg->data = 22;
    ran_is(reply_wait(worker, 0, 0), RETURNED, worker);
    CHECK(worker->msg->data, 22);
    CHECK((u64)port()->cpu[0].first, 0);
    system_call(first_thread(), WEIR_DESTROY, SECOND, 0, 0, 0, 0, 0); /* while it is being served */
    CHECK((u64)worker->client, 0);
    ran_is(reply_wait(worker, 0, 0), IDLE, NULL);
    end();
}

/* The request of a worker that dies goes to the next one first, marked. */
static void replay(void)
{
    start("replay");
    ran_is(reply_wait(worker, 0, 0), IDLE, NULL);
    client->msg->data = 7;
    ran_is(call(client), RESUMED, worker);
    ran_is(call(second), IDLE, NULL);
    system_call(first_thread(), WEIR_DESTROY, WORKER, 0, 0, 0, 0, 0);
    CHECK(client->state, THREAD_CALLING);
    worker = make_thread(WORKER, 0x130000);
    ran_is(reply_wait(worker, 0, 0), RETURNED, worker);
    CHECK((u64)worker->client, (u64)&client->as_client);
    CHECK(worker->msg->data, 7);
    CHECK(worker->msg->flags & WEIR_F_REPLAY, WEIR_F_REPLAY);
    CHECK(worker->msg->generation, 2);
    ran_is(reply_wait(worker, 0, 0), RESUMED, client);
    CHECK((u64)worker->client, (u64)&second->as_client);
    CHECK(worker->msg->flags & WEIR_F_REPLAY, 0);
    ran_is(reply_wait(worker, 0, 0), RESUMED, second);
    ran_is(call(client), RESUMED, worker);
    CHECK(worker->msg->flags & WEIR_F_REPLAY, 0); /* a new call of the same thread */
    end();
}

static void port_gone(void)
{
    start("the port is destroyed");
    ran_is(reply_wait(worker, 0, 0), IDLE, NULL);
    ran_is(call(client), RESUMED, worker);
    ran_is(call(second), IDLE, NULL);
    system_call(first_thread(), WEIR_DESTROY, PORT, 0, 0, 0, 0, 0);
    CHECK((u64)worker->client, 0);
    CHECK(client->state, THREAD_READY);
    CHECK(client->rax, WEIR_E_GONE);
    CHECK(second->rax, WEIR_E_GONE);
    CHECK(call(client).result.status, WEIR_E_CAP);
    CHECK(create(WEIR_PORT, PORT, 0), WEIR_OK);
    while (this_cpu()->ready_first)
        ready_remove(this_cpu(), this_cpu()->ready_first);
    ran_is(reply_wait(worker, NOTE, 9999), IDLE, NULL);
    system_call(first_thread(), WEIR_DESTROY, PORT, 0, 0, 0, 0, 0);
    CHECK(worker->rax, WEIR_E_GONE);
    CHECK((u64)container_of(system_object(d, NOTE), struct note, object)->waiter, 0);
    end();
}

static void notes_and_deadlines(void)
{
    start("note");
    ran_is(reply_wait(worker, NOTE, 9000), IDLE, NULL);
    CHECK(system_call(second, WEIR_WAIT, NOTE, 0, 0, 0, 0, 0).result.status, WEIR_E_BUSY);
    CHECK(system_call(second, WEIR_REPLY_WAIT, PORT, 0, NOTE, 0, 0, 0).result.status, WEIR_E_BUSY);
    CHECK(system_call(client, WEIR_SIGNAL, NOTE, 5, 0, 0, 0, 0).result.status, WEIR_OK);
    ran_is(system_schedule(), RESUMED, worker);
    CHECK(worker->rax, WEIR_OK);
    CHECK(worker->msg->kind, WEIR_MSG_NOTE);
    CHECK(worker->msg->data, 5);
    CHECK((u64)port()->cpu[0].idle, 0);
    system_call(client, WEIR_SIGNAL, NOTE, 4, 0, 0, 0, 0); /* nobody waits: kept */
    system_call(client, WEIR_SIGNAL, NOTE, 3, 0, 0, 0, 0);
    struct ran r = system_call(worker, WEIR_WAIT, NOTE, 0, 0, 0, 0, 0);
    CHECK(r.result.value, 7);
    check_case = "deadline";
    host_tsc = 6000;
    CHECK(reply_wait(worker, NOTE, 6000).result.status, WEIR_E_TIMEOUT); /* a poll */
    ran_is(reply_wait(worker, NOTE, 7000), IDLE, NULL);
    host_tsc = 6999;
    ran_is(system_schedule(), IDLE, NULL);
    host_tsc = 7000;
    ran_is(system_schedule(), RESUMED, worker);
    CHECK(worker->rax, WEIR_E_TIMEOUT);
    CHECK((u64)port()->cpu[0].idle, 0);
    ran_is(reply_wait(worker, NOTE, 8000), IDLE, NULL);
    ran_is(call(client), RESUMED, worker); /* the deadline is off, and the note is free again */
    CHECK((u64)this_cpu()->timers, 0);
    CHECK(system_call(second, WEIR_WAIT, NOTE, 7000, 0, 0, 0, 0).result.status, WEIR_E_TIMEOUT);
    check_case = "the note is destroyed";
    ran_is(system_call(second, WEIR_WAIT, NOTE, 9000, 0, 0, 0, 0), IDLE, NULL);
    system_call(first_thread(), WEIR_DESTROY, NOTE, 0, 0, 0, 0, 0);
    CHECK(second->rax, WEIR_E_GONE);
    end();
}

int main(void)
{
    host_start();
    d = system_init();
    call_and_reply();
    payload_sizes();
    u32 pages = d->budget.used, all = page_count_free();
    queue();
    replay();
    port_gone();
    notes_and_deadlines();
    check_case = "what was taken came back";
    CHECK(page_count_free(), all);
    CHECK(d->budget.used, pages);
    return check_end();
}
