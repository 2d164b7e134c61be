/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The 64-byte message: what an exit of the guest, or a call of another service, looks like to a service.
 *
 * It stands at the start of the thread's first message page. The second message page is the transfer page: string I/O
 * data, structures of vcpu_ctl and trace, and the payload of calls between services (size bytes of it are copied along
 * with a WEIR_MSG_CALL, and reply.size bytes back; a size above WEIR_TRANSFER_BYTES arrives as that, either way).
 */
#ifndef WEIR_MESSAGE_H
#define WEIR_MESSAGE_H

#include <stdint.h>

enum weir_msg_kind {
    WEIR_MSG_NONE = 0,
    WEIR_MSG_IO,      /* addr = port, size 1, 2, 4; string I/O: count elements in the transfer page */
    WEIR_MSG_MMIO,    /* addr = guest-physical address, size 1 to 8 */
    WEIR_MSG_MSR,     /* addr = MSR, size 8 */
    WEIR_MSG_EMULATE, /* to the emulator only: its request in the transfer page (include/weir/emulate.h) */
    WEIR_MSG_HOOK,    /* to the vCPU's own port: the hook block asks for something; addr = enum weir_hook */
    WEIR_MSG_NOTE,    /* reply_wait's note: bits in data */
    WEIR_MSG_CALL,    /* another service: vcpu holds the badge of its capability; the rest is theirs */
};

enum weir_msg_flag {
    WEIR_F_WRITE = 1u << 0,
    WEIR_F_REP = 1u << 1,    /* string I/O: size = bytes of an element, count = elements */
    WEIR_F_REPLAY = 1u << 2, /* was delivered before, to an instance that did not answer */
    WEIR_F_DATA = 1u << 4,   /* WEIR_BIND_FILTER: this read was done on the hardware already, data is what it gave */
    WEIR_F_POSTED = 1u << 5, /* before this access the guest did another, the message behind this one: struct weir_ahead */
};

/* How a service answers an access; in the reply's kind. */
enum weir_verdict {
    WEIR_V_DONE = 0, /* the service did it; data = what a read gives */
    WEIR_V_PASS,     /* the kernel does it on the hardware, data and all */
    WEIR_V_DENY,     /* reads give all ones, writes are dropped; MSRs: #GP */
    WEIR_V_REPLACE,  /* a write is done on the hardware with data instead; a read: as DONE */
    WEIR_V_FAULT,    /* #GP(0) */
    WEIR_VERDICTS
};

enum weir_hook {
    WEIR_HOOK_BOOT_FAILED = 1, /* data = INT 13h's AH (FFh: no 55AAh signature) */
};

struct weir_msg {
    uint16_t kind;  /* enum weir_msg_kind; in replies to accesses enum weir_verdict */
    uint16_t size;  /* bytes: of the access, or of the payload */
    uint16_t flags; /* enum weir_msg_flag */
    uint16_t vcpu;  /* or the caller's badge */
    uint64_t addr;
    uint64_t data;
    uint32_t seq;        /* of this vCPU's requests */
    uint32_t generation; /* of the port */
    uint32_t length;     /* of the instruction, 0 where not known */
    uint32_t count;      /* elements of string I/O; a reply may say fewer (not 0): only these are done, the rest comes again */
    uint64_t rip;
    uint64_t aux;      /* the cookie given at bind */
    uint64_t deadline; /* TSC */
};
_Static_assert(sizeof(struct weir_msg) == 64, "the message is one cache line");

/*
 * What a service says ahead of the guest's MMIO accesses of four bytes, so that they cost no switch. It stands behind the
 * message and the posted one in the message page, ends with the thread, and counts while the thread waits for requests.
 *
 * A read of addr, bound with that cookie, before the TSC is until, gives data; once, and only where nothing is posted.
 *
 * A write of an address with (address & post_mask) == post_addr is over at once. It comes with the next message to the
 * port, as the message behind it (kind, size, flags, addr, data, aux), and again with that message's replays. While one is
 * posted, the next such write is a message.
 */
struct weir_ahead {
    uint64_t until, addr, cookie, data;
    uint64_t post_mask, post_addr; /* post_mask 0: none */
};
#define WEIR_AHEAD_OFFSET (2 * sizeof(struct weir_msg))

#define WEIR_MSG_PAGES 2u
#define WEIR_TRANSFER_BYTES 4096u

#endif
