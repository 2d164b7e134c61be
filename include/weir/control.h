/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How an administrator talks to Weir: weirctl in the guest to the control service by two ports, control to init by two
 * regions. control alone parses what the guest says; init gets numbers, and answers by publishing.
 */
#ifndef WEIR_CONTROL_H
#define WEIR_CONTROL_H

#include <weir/abi.h>
#include <weir/service.h>

/*
 * ---- weirctl and control: the policy's port pair, DATA = port, COMMAND = port + 1 ----
 *
 * OUT COMMAND, BEGIN: forget what was; then REP OUTSB to DATA: the request, a line "command argument...\n" and, for a
 * reload, the policy's text after it. OUT COMMAND, RUN: do it. IN COMMAND gives the state; in READY, REP INSB from DATA
 * gives the answer, once: 4 bytes with the length of its text (little-endian), a byte 0 (done) or 1 (not done), the text.
 * What is read beyond it is FFh.
 */
enum control_command { CONTROL_BEGIN = 1, CONTROL_RUN };

enum control_state {
    CONTROL_IDLE = 0xa0, /* no request: none came, or control was started anew meanwhile */
    CONTROL_TAKING,      /* after BEGIN */
    CONTROL_BUSY,
    CONTROL_READY,
    CONTROL_TOO_LONG, /* the request */
};

#define CONTROL_LINE 256u
#define CONTROL_TEXT (256u << 10) /* of a policy */

/* ---- control and init ---- */

/* init's note (control's capability "init"): control has written a request. */
#define CONTROL_ASKED (1ull << 62)
/* control's note: init has answered. */
#define CONTROL_ANSWERED 1ull

enum control_ask {
    CONTROL_STATUS = 1, /* publish anew */
    CONTROL_RESTART,    /* service */
    CONTROL_RELOAD,     /* bytes of "text", under name */
};

/* Region "ask": control writes it and raises seq last. init takes a copy. */
struct control_request {
    uint64_t seq;
    uint32_t ask, service, bytes, reserved;
    char name[64];
};
_Static_assert(sizeof(struct control_request) == 88, "crosses address spaces");

/* In the order of init's enum service_state. */
enum control_service_state {
    CONTROL_S_OFF = 0, /* this policy does not need it */
    CONTROL_S_STARTING,
    CONTROL_S_RUNS,
    CONTROL_S_WAITS, /* for its next start */
    CONTROL_S_DOWN,
};

struct control_service {
    char name[16];
    uint32_t state; /* enum control_service_state */
    uint32_t starts, failures, asked; /* instances so far; of them ended by failures, and by weirctl */
    uint64_t pages, pages_limit, capabilities;
    uint64_t ticks;              /* of the TSC that it ran, all instances together */
    struct weir_failure failure; /* the last; kind WEIR_FAIL_NONE: none yet */
};
_Static_assert(sizeof(struct control_service) == 192, "crosses address spaces");

/* Region "status": init writes it, answered last. */
#define CONTROL_SERVICES 16u
struct control_status {
    uint64_t answered; /* seq of the request that this answers */
    uint32_t result;   /* enum weir_status; reason says more */
    uint32_t nservices;
    char reason[256];
    uint64_t started; /* TSC */
    uint8_t policy_hash[32];  /* SHA-256 of the policy's text in force */
    struct weir_account account; /* of the whole machine */
    struct weir_storage_counts storage; /* all 0: it does not run */
    struct control_service service[CONTROL_SERVICES];
};
_Static_assert(sizeof(struct control_status) == 16 + 256 + 8 + 32 + 128 + 24 + 16 * 192, "crosses address spaces");

#endif
