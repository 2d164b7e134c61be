/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's CPU: vendor-neutral state, the exit being handled, and the request parked for a service. */
#ifndef KERNEL_VCPU_H
#define KERNEL_VCPU_H

#include <weir/emulate.h>
#include <weir/exits.h>
#include <weir/message.h>

#include "decode.h"
#include "guest_memory.h"
#include "obj/object.h"
#include "obj/port.h"
#include "x86/insn.h"

struct binding;
struct cpu;

enum vcpu_state { VCPU_STOPPED, VCPU_RUNS, VCPU_PARKED };

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI }; /* encoding order */

/* An IN, OUT, INS or OUTS (AMD APM vol. 2, 15.10.2). */
struct io_exit {
    u16 port;
    u8 size;          /* bytes */
    u8 address_size;  /* bytes: 2, 4, 8 */
    u8 segment;       /* of OUTS; enum weir_emu_segment_index */
    bool in, string, rep;
};

/* The guest's own values under shadow paging. Of CR0 only PG and WP: the other bits are the control block's. */
struct control {
    u64 cr0, cr3, cr4, efer; /* EFER without SVME */
};

/* The last exit, as the vendor's code decoded it. */
struct exit_info {
    u8 reason; /* enum weir_exit */
    u8 length; /* of the instruction; 0: not known */
    bool code64; /* 64-bit code; set where a length is not known, and then */
    u64 cr3;
    u64 gpa;   /* NESTED; PAGE_FAULT, INVLPG: the linear address */
    u64 error; /* NESTED: #PF-style error code, bit 33: while walking the guest's page tables; PAGE_FAULT: the code */
    struct cr_insn cr; /* CR, INVLPG: length 0 where the CPU does not tell, and then the code does */
    struct io_exit io;
};

/* The access of the guest that is being done, from its exit to its completion. It begins as its message does. */
struct access {
    union {
        u64 head; /* kind, size and flags in one */
        struct {
            u16 kind; /* enum weir_msg_kind: IO, MMIO, MSR; NONE: none */
            u16 size;
            u16 write : 1; /* the flags of enum weir_msg_flag */
            u16 string : 1;
            u16 : 2;
            u16 filtered : 1; /* a FILTER binding: data is what the hardware gave */
        };
    };
    u64 addr, data;
    u32 count;     /* elements of string I/O, else 1 */
    bool emulated; /* belongs to the emulator's instruction: the result goes into its log */
    u64 cookie;    /* the binding's */
    u64 linear;    /* string I/O: guest-linear address of the chunk */
};
CHECK_OFFSET(struct access, addr, offsetof(struct weir_msg, addr));
CHECK_OFFSET(struct access, data, offsetof(struct weir_msg, data));

/* The instruction of an MMIO access, decoded, and what bound its last access. */
struct mmio_insn {
    struct mmio_mov mov;
    bool known;      /* 64-bit code, and its INSN_MAX bytes were these: */
    u64 first, last; /* 8 bytes from the first one, 8 up to the last */
    u64 gpa, changes; /* the access's address; binding_changes then; 0: there was none */
    const struct binding *binding;
};

#define CODE_CACHES 8
#define MMIO_INSNS 32

struct vcpu {
    u64 regs[16];   /* RAX to R15; RAX and RSP are the VMCB's between exits */
    u64 control_pa; /* VMCB or VMCS */
    struct vmx *vmx;
    u64 rip, rflags;
    struct exit_info exit;
    struct object object;
    struct cpu *cpu;
    u8 state;       /* enum vcpu_state */
    bool attention; /* something is to be done before entry: any of the flags below */
    bool changed;   /* RFLAGS or event: SVM writes them back only then */
    bool flush_tlb;
    bool nmi_pending, nmi_blocked, want_interrupt_exit;
    u8 halted; /* not 0: the guest waits in a HLT or MWAIT of that many bytes at rip */
    bool halt_exits; /* always: the CPU cannot wait in the guest's mode */
    u64 event;      /* to be injected at entry, EVENTINJ's format; 0: none; set by vcpu_inject */
    u64 nmi_iret_rip;
    u64 retried_rip; /* where an exit's instruction was not found, the last time */
    u64 invalid_last; /* count of entries when the state was last refused */
    u32 invalid_in_row;

    struct code_cache code[CODE_CACHES]; /* by the page's number */
    struct access access;
    struct mmio_insn insn[MMIO_INSNS]; /* by RIP: the last ones that the kernel decoded itself */
    const struct mmio_insn *mmio;      /* the access's */
    struct weir_msg request; /* parked until the reply, where it is not an access; kind NONE: it is */
    struct client client;
    u32 seq;
    struct port *port, *emulator;
    struct port *posted_to;  /* posted comes with the next message to it; NULL: nothing is posted */
    struct weir_msg posted;
    struct weir_emulation *emulation; /* a page: the emulator's request */
    u8 *io_page;                      /* a page: data of string I/O */
    u64 emulated_rip;
    u64 delivering;                   /* the event that the emulator delivers; 0: it does an instruction */
    u8 emulated_half;                 /* which 8 bytes of a 16-byte access are under way */
    bool emulator_answered;           /* v->emulation is to be looked at before entry */
    bool replied;                     /* the access is to be completed with the following before entry */
    u8 reply_verdict;
    u32 reply_count;
    u64 reply_data;
    void *fpu;
    u64 xcr0;
    struct control control; /* shadow paging only */
    u64 root;               /* shadow paging: what CR3 holds */
    u64 pdpte[4];           /* shadow paging on VMX: PAE's four pointers, as they were loaded */
    struct vmcb *vmcb;
};
CHECK_OFFSET(struct vcpu, regs, VCPU_OFF_REGS);
CHECK_OFFSET(struct vcpu, control_pa, VCPU_OFF_CONTROL_PA);
CHECK_OFFSET(struct vcpu, vmx, VCPU_OFF_VMX);
_Static_assert(sizeof(struct vcpu) <= PAGE_SIZE, "vcpu_create takes a page");

struct vcpu *vcpu_create(struct domain *d, struct cpu *cpu, struct port *port) must_check;
void vcpu_destroy(struct vcpu *v);
struct result sys_vcpu_ctl(u64 slot, u64 op, u64 arg);

static inline bool vcpu_runnable(const struct vcpu *v)
{
    return v->state == VCPU_RUNS;
}

/* From ring-3 state (or an exit) into the guest. Does not return. */
noreturn void vcpu_enter(struct cpu *cpu, struct vcpu *v);
/* The vendor's code calls it with v->exit filled; when it returns, the guest is entered again. */
void vcpu_handle_exit(struct cpu *cpu, struct vcpu *v);

/* IPC's side of the request: the message into the worker's page; the reply out of it; nobody will answer. */
void vcpu_fill_message(struct vcpu *v, struct thread *worker);
void vcpu_reply(struct vcpu *v, struct thread *worker);
void vcpu_request_gone(struct vcpu *v, bool closed);
void vcpu_forget_port(struct port *p);

/* EVENTINJ's format (AMD APM vol. 2, 15.20), and VT-x's (Intel SDM vol. 3C, 25.8.3) for these types. */
#define EVENT_VALID BIT(31)
#define EVENT_ERROR BIT(11)
#define EVENT_TYPE(e) (((e) >> 8) & 7)
enum { EVENT_INTERRUPT, EVENT_NMI = 2, EVENT_EXCEPTION = 3, EVENT_SOFT_INT = 4 };

/* What EVENTINJ's format says happens to the guest at the next entry. */
static inline void vcpu_inject(struct vcpu *v, u64 event)
{
    v->event = event;
    v->changed = true;
}

/* Registers as the guest sees them; in guest context. */
void vcpu_get_state(struct vcpu *v, struct weir_emu_state *s);
/* As the BIOS starts a boot sector or, at F000:FFF0, INIT the boot CPU. */
void vcpu_real_mode(struct vcpu *v, u16 cs, u16 ip);

/* Queues an exception for the next entry; error_code < 0: the vector has none. */
void vcpu_raise(struct vcpu *v, u8 vector, int64_t error_code);
void vcpu_raise_pf(struct vcpu *v, u64 linear, u32 error_code);
/* #DB with DR6.BS, as after a single-stepped instruction. */
void vcpu_raise_step(struct vcpu *v);
/* The end of an instruction with TF or RF set. */
void vcpu_end_step(struct vcpu *v);
/*
 * Steps over the instruction that exited, ends RF and raises #DB where TF is set. That RIP has moved tells the vendor's
 * code to end the interrupt shadow and to cut RIP to 32 bits outside 64-bit code.
 */
static inline void vcpu_advance(struct vcpu *v, unsigned length)
{
    v->rip += length;
    if (unlikely(v->rflags & (RFLAGS_TF | RFLAGS_RF)))
        vcpu_end_step(v);
}

#endif
