/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ABI between the kernel and ring 3: objects, rights, the twelve system calls.
 *
 * CHANGELOG.md says what each number changed.
 *
 * Calling convention (x86-64 SYSCALL, AMD APM vol. 3, SYSCALL):
 *   in:  RAX = call number, RDI RSI RDX R10 R8 R9 = arguments
 *   out: RAX = enum weir_status, RDX = the call's value (0 where it has none)
 *   RCX, R11 and all other caller-saved registers are lost; RBX RBP RSP R12-R15 are kept.
 * Every call checks all of its arguments before it changes anything: it has its whole effect or none.
 */
#ifndef WEIR_ABI_H
#define WEIR_ABI_H

#include <stdint.h>
#include <weir/hook.h>

#define WEIR_ABI 12u
#define WEIR_PAGE 4096u

enum weir_status {
    WEIR_OK = 0,
    WEIR_E_CALL,    /* no such call or operation */
    WEIR_E_CAP,     /* no capability there, or one to another kind of object */
    WEIR_E_RIGHTS,  /* the capability lacks a right that the call needs */
    WEIR_E_ARG,     /* an argument is malformed (alignment, reserved bits) */
    WEIR_E_RANGE,   /* an argument is outside the object's range */
    WEIR_E_MEMORY,  /* the domain's budget or Weir's memory is used up */
    WEIR_E_BUSY,    /* the slot, range or object is in use */
    WEIR_E_TIMEOUT, /* the deadline passed first */
    WEIR_E_GONE,    /* the peer was destroyed, or its generation is over */
    WEIR_E_STATE,   /* the object is not in the state that the call needs */
    WEIR_E_FAULT,   /* the guest address does not translate; the value holds the #PF error code */
};

enum weir_kind {
    WEIR_NONE = 0,
    WEIR_DOMAIN, /* address space, capability table, memory budget */
    WEIR_THREAD, /* bound to one CPU */
    WEIR_PORT,   /* where requests arrive; carries a generation number */
    WEIR_NOTE,   /* a 64-bit word of event bits */
    WEIR_VCPU,   /* the guest's CPU; owns its parked request */
    WEIR_MEMORY, /* physically contiguous pages of Weir's own memory */
    WEIR_DEVICE, /* a range of I/O ports, physical addresses or MSRs */
};

/* Rights; which of them a kind knows is in the comment. A grant can only take rights away. */
enum weir_right {
    WEIR_R_READ = 1u << 0,    /* memory, device (addresses): may be mapped readable */
    WEIR_R_WRITE = 1u << 1,   /* memory, device (addresses): may be mapped writable */
    WEIR_R_EXEC = 1u << 2,    /* memory: may be mapped executable */
    WEIR_R_CALL = 1u << 3,    /* port */
    WEIR_R_RECEIVE = 1u << 4, /* port: reply_wait */
    WEIR_R_SIGNAL = 1u << 5,  /* note */
    WEIR_R_WAIT = 1u << 6,    /* note */
    WEIR_R_MANAGE = 1u << 7,  /* domain, thread, vcpu: control it, grant and map into it; port: bind, restart */
    WEIR_R_ACCESS = 1u << 8,  /* device (ports): IN and OUT from ring 3 */
    WEIR_R_BIND = 1u << 9,    /* device: intercept the guest's accesses */
    WEIR_R_ALL = (1u << 10) - 1,
};

enum weir_call {
    WEIR_CALL = 0,   /* call(port) */
    WEIR_REPLY_WAIT, /* reply_wait(port, flags, note or 0, deadline) */
    WEIR_SIGNAL,     /* signal(note, bits) */
    WEIR_WAIT,       /* wait(note, deadline) -> bits */
    WEIR_VCPU_CTL,   /* vcpu_ctl(vcpu, enum weir_vcpu_op, ...) */
    WEIR_CREATE,     /* create(enum weir_kind, slot, a, b, c, d) */
    WEIR_DESTROY,    /* destroy(slot, code): the object dies, every capability to it with it; a domain: all it created
                        too. One's own domain: stops it, as failed with WEIR_FAIL_EXIT and the code */
    WEIR_GRANT,      /* grant(domain, to slot, from slot, rights, badge) */
    WEIR_MAP,        /* map(domain, memory or device, va, first page of it, pages, prot) */
    WEIR_REVOKE,     /* revoke(domain, slot): takes one capability back (domain 0: the caller's own) */
    WEIR_DEVICE_CTL, /* device_ctl(device, enum weir_device_op, arg, arg2, arg3) */
    WEIR_TRACE,      /* trace(enum weir_trace_op, arg) */
    WEIR_CALLS
};

/*
 * call: sends the message in the caller's message page and blocks until the reply stands in its place. If the
 * service dies meanwhile the call stays parked and is delivered again, with WEIR_F_REPLAY, to its next instance.
 *
 * reply_wait: answers the request this thread holds (unless WEIR_RW_NO_REPLY, or it holds none), then waits for
 * the next request on the port, or for bits in the note (then the message has kind WEIR_MSG_NOTE and the bits, which
 * are taken, in data), or until the deadline (WEIR_E_TIMEOUT). deadline: TSC of the calling CPU, 0 = for ever.
 *
 * wait: as reply_wait's note part alone; the bits are returned in RDX.
 *
 * A deadline in the past makes both a poll.
 */
#define WEIR_RW_NO_REPLY 1u /* only where the thread holds no request: WEIR_E_STATE */

/*
 * create(kind, slot, a, b, c, d): puts a capability with all rights of the kind into the caller's free slot.
 *   DOMAIN: a = budget in pages, taken from the caller's own; b = number of capability slots (8 to 4096);
 *           c = note (SIGNAL) and d = the bits it gets when the domain is stopped (TRACE_FAILURE says why), or 0 and 0
 *   THREAD: a = domain (MANAGE), b = entry RIP, c = RSP, d = VA for its two message pages (page-aligned, free);
 *           bound to the calling CPU; starts with RDI = d, RSI = WEIR_START_VA
 *   PORT:   a = deadline of a synchronous request in microseconds of the service's own run time (0: 100,000);
 *           b = WEIR_PORT_CLOSED or 0
 *   NOTE:   nothing
 *   VCPU:   a = port (CALL) that gets the events no device is bound for; bound to the calling CPU
 *   MEMORY: a = pages, zeroed, below 4 GiB; b = WEIR_MEMORY_SECRET or 0; the value is its physical address
 *   DEVICE: a = device (the new one gets a's rights), b = first, c = last (inclusive), both within a's range
 */

/*
 * What becomes of the devices that are bound to a port when it is destroyed: 0, the guest has the hardware again; CLOSED,
 * they are as bound with WEIR_BIND_FLOAT until they are unbound, and a parked access is denied.
 */
#define WEIR_PORT_CLOSED 1u

/*
 * The memory is zeroed before the kernel halts or resets the machine, and before a write by which the guest switches it off
 * or resets it (WEIR_DEV_WIPE), whether or not the write then does that.
 */
#define WEIR_MEMORY_SECRET 1u

/* map's prot. 0 unmaps. Writable and executable at once is refused. */
#define WEIR_P_READ 1u
#define WEIR_P_WRITE 2u
#define WEIR_P_EXEC 4u
#define WEIR_P_UNCACHED 8u                  /* devices only */
#define WEIR_USER_TOP 0x00007fffffff0000ull /* mappings lie between one page and this */

enum weir_vcpu_op {
    WEIR_VCPU_RUN = 0,  /* starts a stopped vCPU */
    WEIR_VCPU_BOOT,     /* installs the hook block in the transfer page: struct weir_hook_block and its code */
    WEIR_VCPU_EMULATOR, /* arg = port (CALL) of the emulator */
    WEIR_VCPU_PAUSE,    /* stops a vCPU that runs, until RUN. WEIR_E_STATE while one of its requests is with a service */
};

/*
 * The hook block, a page of the guest's (hook.h has its offsets): code for real mode that starts it and answers its INT 13h and 15h (doc/boot.md).
 * WEIR_VCPU_BOOT takes it from the transfer page, fills in the BIOS's vectors and, at WEIR_HOOK_FAILED, the three bytes of
 * VMMCALL or VMCALL, and sets vector 15h, and 13h where swap is not 0, to the block's.
 */
#define WEIR_HOOK_MAP 100u
struct weir_hook_block {
    uint16_t old13[2], old15[2];           /* offset and segment */
    uint8_t drive;                         /* INT 13h drive whose boot sector is started: 80h, 81h ... 00h */
    uint8_t partition;                     /* 0: the MBR; 1 to 4: that primary partition's boot sector */
    uint8_t swap;                          /* a drive number exchanged with 80h in every INT 13h from then on, 0: none */
    uint8_t reserved;
    uint16_t limit_88;                     /* KiB above 1 MiB, at most FFFFh */
    uint16_t limit_16m, limit_64k;         /* KiB from 1 to 16 MiB; 64 KiB blocks above */
    uint16_t map_count;
    uint8_t map[WEIR_HOOK_MAP][20];        /* entries of INT 15h E820h */
};
_Static_assert(sizeof(struct weir_hook_block) == WEIR_HOOK_ENTRY, "the code is behind it");

enum weir_device_op {
    WEIR_DEV_OPEN = 0, /* ports: IN and OUT by the calling domain (ACCESS) */
    WEIR_DEV_BIND,     /* arg = enum weir_bind, arg2 = port (CALL and MANAGE) or value, arg3 = cookie: every access of
                          the guest to the device's range (BIND). The whole range must be free, or exactly that
                          of a binding to the same port whose domain died: this one then takes its place. A dead
                          domain's bindings stay; destroying a device ends its binding */
    WEIR_DEV_UNBIND,   /* gives the whole range back to the guest; parked requests are done by the hardware */
    WEIR_DEV_QUIESCE,  /* reserved: WEIR_E_CALL (doc/restart.md says why nothing needs it) */
    WEIR_DEV_SLEEP,    /* arg = enum weir_sleep; needs the device of all ports */
    WEIR_DEV_WIPE,     /* ports (BIND): secret memory is zeroed before the guest writes a value whose bits arg are arg2 to
                          the device's first port. Holds for good; E_MEMORY: 16 do already */
};

enum weir_bind {
    WEIR_BIND_FORWARD = 1, /* a message to the port, cookie in aux; the reply says what happens */
    WEIR_BIND_FLOAT,       /* reads give all ones, writes are dropped; MSRs: #GP */
    WEIR_BIND_READ_ONLY,   /* reads pass, writes are dropped */
    WEIR_BIND_VALUE,       /* reads give the value, writes are dropped */
    WEIR_BIND_FILTER,      /* as FORWARD, but a read is done on the hardware first: WEIR_F_DATA */
    WEIR_BIND_MODES
};

enum weir_sleep {
    WEIR_SLEEP_HALT = 1, /* stops this machine for good */
    WEIR_SLEEP_RESET,    /* platform reset */
};

enum weir_trace_op {
    WEIR_TRACE_LOG = 0,  /* arg = bytes (to 240) of the transfer page for the kernel's log ring */
    WEIR_TRACE_READ,     /* arg = position in the kernel's log; value = bytes, from the transfer page's byte 8 on; its
                            first 8 bytes = position of the first byte given (older ones may be gone) */
    WEIR_TRACE_CLAIM,    /* the caller writes the log out from now on; the note arg (SIGNAL) gets bit 0 on new text;
                            ends with the note, until which nobody else's is taken (E_BUSY). value = position of the first byte not written out yet */
    WEIR_TRACE_COUNTERS, /* this CPU's exit counters into the transfer page: u64[], see include/weir/exits.h */
    WEIR_TRACE_FAILURE,  /* arg = domain (MANAGE): struct weir_failure into the transfer page; of one that has not
                            failed: WEIR_FAIL_NONE, with rip and tsc of now */
    WEIR_TRACE_ACCOUNT,  /* arg = domain (MANAGE), or 0 for all: struct weir_account into the transfer page */
};

/*
 * What there is, found by walking the allocator's map, the domains' lists and tables, not by counters: after a restart
 * it is as before. Of one domain: what it owns, and what is in its own tables.
 */
struct weir_account {
    uint64_t free_pages;                                             /* of Weir's memory */
    uint64_t domains, threads, ports, notes, vcpus, memories, devices; /* objects */
    uint64_t capabilities, uses, mapped; /* slots in use; mappings and their pages */
    uint64_t bindings, requests;         /* ranges bound; requests at ports, waiting or being served */
    uint64_t pages, pages_limit;         /* one domain: of its budget */
    uint64_t ticks;                      /* one domain: of the TSC, spent running */
};
_Static_assert(sizeof(struct weir_account) == 16 * 8, "weir_account crosses the ABI");

/* Why a domain was stopped. */
enum weir_failure_kind {
    WEIR_FAIL_NONE = 0,
    WEIR_FAIL_EXCEPTION, /* vector, error code, address */
    WEIR_FAIL_DEADLINE,
    WEIR_FAIL_EXIT, /* its own wish: code in address */
    WEIR_FAIL_KILLED,
};

struct weir_failure {
    uint32_t kind, vector;
    uint64_t error_code, address; /* CR2 of a page fault, the exit code of an exit */
    uint64_t rip, rsp, rbp;
    uint64_t stack[8]; /* return addresses, innermost first, 0 where unknown */
    uint64_t ticks, tsc; /* of the TSC: how long it ran; when it stopped */
};
_Static_assert(sizeof(struct weir_failure) == 128, "weir_failure crosses the ABI");

/* ---- the start block ------------------------------------------------------------------------------------------ */

/* Slots that every domain but init finds filled. */
enum weir_slot {
    WEIR_SLOT_SELF = 1,  /* its own domain (MANAGE) */
    WEIR_SLOT_PORT,      /* its own port (RECEIVE) */
    WEIR_SLOT_NOTE,      /* its own note (WAIT, SIGNAL) */
    WEIR_SLOT_CONSOLE,   /* console's note (SIGNAL): new text in a log ring */
    WEIR_SLOT_FREE = 32, /* slots from here on are the service's own */
};

#define WEIR_START_MAGIC 0x5472617473523157ull
#define WEIR_START_CAPS 24
#define WEIR_START_REGIONS 24
#define WEIR_START_VA 0x200000ull /* the start block stands here in every domain */

struct weir_start_cap { /* a capability that the service was given */
    char name[24];      /* "watch", "vcpu0", "ports" ... NUL-padded */
    uint32_t slot, kind;
};

struct weir_start_region { /* memory that was mapped for the service */
    char name[24];         /* "log", "policy.lua", "tables" ... */
    uint64_t va, bytes, phys;
    uint32_t prot, slot; /* slot of the memory capability, 0 if none */
};
_Static_assert(sizeof(struct weir_start_cap) == 32 && sizeof(struct weir_start_region) == 56, "start block ABI");

/*
 * Read-only to the service. init's own is written by the kernel, the others' by init.
 *
 * init's has the capabilities "ports" (device: all I/O ports), "addresses" (device: all physical addresses outside Weir)
 * and "msrs" (device: all MSRs), and a region for each boot module (named after it, read-only, with its memory
 * capability) and for "e820" (struct weir_e820[]: the map that the guest will see). Its slots 2 to 4 are empty.
 */
struct weir_e820 {
    uint64_t base, bytes;
    uint32_t type, attributes; /* ACPI 6.5, 15: types; attributes 1 */
};
_Static_assert(sizeof(struct weir_e820) == 24, "ACPI 6.5, table 15.4");

#define WEIR_START_ENDS 8u

struct weir_start {
    uint64_t magic;
    uint32_t abi, bytes;
    char name[16];
    uint64_t tsc_hz;
    uint64_t region_base, region_bytes; /* Weir's own physical memory (init only, else 0) */
    uint32_t cpus, instance;            /* instance: 0, 1 after the first restart ... */
    uint32_t ncaps, nregions;
    uint64_t heap_va, heap_bytes; /* address space for the service's own mappings */
    uint32_t generation, reserved; /* of the policy's tables that are in force for this instance: 1, 2 after a reload */
    uint64_t stood[WEIR_START_ENDS]; /* where the instances before this one were ended (RIP; 0: not known), last first */
    uint64_t stood_tsc;              /* and when the last one was */
    char version[32];             /* "VERSION svm npt": Weir's, the CPU's virtualization, the paging in use */
    struct weir_start_cap caps[WEIR_START_CAPS];
    struct weir_start_region regions[WEIR_START_REGIONS];
    char cmdline[512];
};
_Static_assert(sizeof(struct weir_start) <= WEIR_PAGE, "the start block is one page");

#endif
