/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A service as init runs it: what stays for good (port, note, log ring), and the one instance that is alive. The first
 * start and every restart are the same function.
 */
#ifndef INIT_SERVICE_H
#define INIT_SERVICE_H

#include "limit.h"
#include "table.h"
#include <stdbool.h>
#include <vmm/elf.h>

enum service_state {
    SERVICE_IDLE = 0, /* not wanted by this policy */
    SERVICE_STARTING, /* has a thread, was not READY yet */
    SERVICE_RUNNING,
    SERVICE_WAITING,  /* failed; is started again at `due` */
    SERVICE_DOWN,     /* past its limit: stays away */
};

struct service {
    const struct service_spec *spec;
    enum service_state state;
    uint64_t due;      /* TSC; STARTING: READY until then; WAITING: when to start */
    uint64_t port;     /* 0 once DOWN */
    uint64_t note;
    uint32_t instance; /* of the next start: 0, 1 after the first restart ... */
    uint32_t failures, asked; /* ends of instances: by themselves, and because weirctl wanted it */
    uint64_t ticks;           /* of the TSC that the ended instances ran */
    struct weir_failure last; /* failure */
    uint64_t stood[WEIR_START_ENDS], stood_tsc; /* where its last instances were ended, for the next one */
    struct limit_rule rule;
    struct limit_history history;
    const char *log; /* its ring, as init has it */
    char title[64];  /* policy: the name of its text, where that did not come with the command line */
    const void *image;
    struct vmm_elf_plan plan;
    struct weir_start *block; /* init's view of the start block */
    uint64_t block_slot;

    /* The instance; 0 where it has none. */
    uint64_t domain, thread;
    uint64_t memory[VMM_ELF_SEGMENTS];
};

/* Indexed by enum service_id. */
extern struct service services[SERVICE_SLOTS];

/* init's own objects that services reach: its port (CALL) and the note that gets bit i when services[i] stops. */
struct service_home {
    uint64_t port, note;
    uint64_t ready_us;   /* how long a start may take */
    uint32_t generation; /* of the policy's tables */
};
extern struct service_home service_home;

/*
 * Checks every service's module and makes what stays for good, but for the port. On an error the text says what is wrong, for refuse().
 */
must_check enum weir_status services_begin(char *reason, size_t bytes);

/* Makes what SERVICE_CANDIDATE keeps: as policy, but on "candidate.lua" and "candidate.tables", and without a port. */
must_check enum weir_status service_candidate_begin(void);

/*
 * The candidate's instance, ready, becomes policy's and gets its port; policy's own is stopped. Their note, ring and
 * title change hands. Cannot fail: what it needs is there.
 */
void service_promote(struct service *policy, struct service *candidate);

/*
 * Makes the service's port, which its instances keep; end: what its destruction does to what is bound (0 or
 * WEIR_PORT_CLOSED). An instance that is alive already (policy's first) gets it now.
 */
must_check enum weir_status service_make_port(struct service *s, uint32_t deadline_ms, uint64_t end);

/*
 * Starts an instance; the service must have none. WEIR_OK: it is STARTING. Otherwise nothing of it is left, the state
 * is as before.
 */
must_check enum weir_status service_start(struct service *s);

/* Takes the instance away with all that was made for it. Its requests stay parked at the port. */
void service_stop(struct service *s);

/* Stops for good: requests parked at its port, and all later ones, are answered with WEIR_E_GONE. */
void service_retire(struct service *s);

#endif
