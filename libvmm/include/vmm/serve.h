/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A service's main loop: answer, wait, dispatch. doc/services.md has the example.
 *
 * Nothing on this path touches an FPU, SSE or AVX register; a handler that does costs its first
 * request per exit a #NM and a switch of the extended state.
 */
#ifndef VMM_SERVE_H
#define VMM_SERVE_H

#include <vmm/status.h>
#include <weir/message.h>

/*
 * Handles an access of the guest (WEIR_MSG_IO, _MMIO, _MSR) and says what happens to it. For a read
 * that it answers (WEIR_V_DONE) and for WEIR_V_REPLACE it leaves the value in msg->data. msg and,
 * for string I/O, the transfer page are the thread's own and may be changed. A write that was posted
 * (struct weir_ahead) comes as an access of its own; its verdict is WEIR_V_DONE whatever is said.
 */
typedef enum weir_verdict vmm_access_handler(void *context, struct weir_msg *msg);

/*
 * Handles WEIR_MSG_CALL, whose meaning is between the two services: msg->vcpu is the badge of the
 * caller's capability, msg->size bytes of payload stand in the transfer page. The reply is left in
 * msg (kind, data, addr, aux and so on as the two agreed) and in the transfer page; msg->size says
 * how many bytes of that go back.
 */
typedef void vmm_call_handler(void *context, struct weir_msg *msg);

/* Handles bits that arrived in the note. */
typedef void vmm_note_handler(void *context, uint64_t bits);

/* Runs once the deadline has passed and returns the next one: TSC, 0 = none. */
typedef uint64_t vmm_timer_handler(void *context);

struct vmm_service {
    uint64_t port;     /* slot (RECEIVE); WEIR_SLOT_PORT for most */
    uint64_t note;     /* slot (WAIT), 0 = none */
    uint64_t deadline; /* TSC at which `timer` runs, 0 = never; handlers may change it */
    void *context;     /* handed to every handler */
    vmm_access_handler *io, *mmio, *msr; /* NULL: the access passes to the hardware */
    vmm_access_handler *hook;            /* WEIR_MSG_HOOK; NULL: WEIR_V_DONE */
    vmm_call_handler *call;   /* NULL: answered with WEIR_V_DENY in kind and no payload */
    vmm_note_handler *bits;   /* needed where note is set */
    vmm_timer_handler *timer; /* needed where deadline is set */
};

/*
 * Serves until the kernel refuses to wait, which a healthy service never sees; returns its status.
 * Context: the thread that owns the message pages, no request held.
 */
must_check enum weir_status vmm_serve(struct vmm_service *service);

#endif
