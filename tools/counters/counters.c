/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A QEMU plugin that counts what a hypervisor costs: instructions in host mode and in guest mode (AMD
 * SVM), and in host mode VMRUNs, WRMSRs, CR3 loads, INVLPGs and uncached accesses (device memory and
 * I/O ports). One CPU only.
 *
 * counters=FILE  a file of at least one page, mapped: struct counters, live, for whoever looks
 * pairs=FILE     at the end of the run: what happened between consecutive RDTSCs of the guest
 * profile=FILE   live: how often each instruction of host mode was executed (profile.h)
 *
 * How the mode is known: VMRUN begins guest mode; the first instruction behind a VMRUN, recognized by
 * its place in the emulator's memory and so not to be mistaken for one of the guest, ends it. QEMU
 * translates guest-mode code apart from host-mode code, and when it is about to run; so the mode at
 * translation is the mode of every execution.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "insn_kind.h"
#include "pairs.h"
#include "plugin_api.h"
#include "profile.h"

int qemu_plugin_version = 1;

static struct counters *now;
static const char *pairs_path;
static bool in_guest;

/* Places in memory of the instructions behind VMRUNs. */
#define VMRUNS_MAX 16
static const char *behind_vmrun[VMRUNS_MAX];
static size_t vmruns_known;

static bool is_behind_vmrun(const char *place)
{
    for (size_t i = 0; i < vmruns_known; i++)
        if (behind_vmrun[i] == place)
            return true;
    return false;
}

static void note_vmrun(const char *place)
{
    if (!place || is_behind_vmrun(place + 3))
        return;
    if (vmruns_known == VMRUNS_MAX) {
        fprintf(stderr, "counters: more than %d VMRUN instructions\n", VMRUNS_MAX);
        abort();
    }
    behind_vmrun[vmruns_known++] = place + 3;
}

static void on_vmrun(unsigned cpu, void *data)
{
    (void)cpu;
    (void)data;
    if (!now->vmruns++) {
        now->host_before = now->host;
        now->guest = 0;
    }
    in_guest = true;
}

static void on_vmexit(unsigned cpu, void *data)
{
    (void)cpu;
    (void)data;
    in_guest = false;
}

/* data: RIP. Weir's own RDTSCs do not count; where there is no Weir, all do. */
static void on_rdtsc(unsigned cpu, void *data)
{
    (void)cpu;
    if (in_guest || !now->vmruns)
        pairs_note((uint64_t)(uintptr_t)data, now);
}

static void on_host_access(unsigned cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
    struct qemu_plugin_hwaddr *where = qemu_plugin_get_hwaddr(info, address);

    (void)cpu;
    (void)data;
    if (where && qemu_plugin_hwaddr_is_io(where))
        now->uncached++;
}

static void count(struct qemu_plugin_insn *insn, uint64_t *counter)
{
    qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, counter, 1);
}

static void translate_host(struct qemu_plugin_insn *insn, enum insn_kind kind)
{
    /* First of all, so that the mode is right for what else is counted here. */
    if (is_behind_vmrun(qemu_plugin_insn_haddr(insn)))
        qemu_plugin_register_vcpu_insn_exec_cb(insn, on_vmexit, QEMU_PLUGIN_CB_NO_REGS, NULL);
    count(insn, &now->host);
    uint64_t *own = profile_counter(qemu_plugin_insn_haddr(insn), qemu_plugin_insn_vaddr(insn));
    if (own)
        count(insn, own);
    qemu_plugin_register_vcpu_mem_cb(insn, on_host_access, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW,
                                     NULL);
    switch (kind) {
    case INSN_VMRUN:
        note_vmrun(qemu_plugin_insn_haddr(insn));
        qemu_plugin_register_vcpu_insn_exec_cb(insn, on_vmrun, QEMU_PLUGIN_CB_NO_REGS, NULL);
        break;
    case INSN_WRMSR:
        count(insn, &now->wrmsrs);
        break;
    case INSN_CR3_LOAD:
        count(insn, &now->cr3_loads);
        break;
    case INSN_INVLPG:
        count(insn, &now->invlpgs);
        break;
    case INSN_PORT:
        count(insn, &now->uncached);
        break;
    default:
        break;
    }
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    size_t insns = qemu_plugin_tb_n_insns(tb);

    (void)id;
    for (size_t i = 0; i < insns; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        enum insn_kind kind = insn_kind(qemu_plugin_insn_data(insn), qemu_plugin_insn_size(insn));
        void *vaddr = (void *)(uintptr_t)qemu_plugin_insn_vaddr(insn);
        bool host = !in_guest || is_behind_vmrun(qemu_plugin_insn_haddr(insn));

        /* A block that begins behind VMRUN is translated while in_guest still holds. */
        if (host && i == 0)
            in_guest = false;
        if (host) {
            translate_host(insn, kind);
        } else {
            count(insn, &now->guest);
        }
        if (kind == INSN_RDTSC && pairs_path)
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_rdtsc, QEMU_PLUGIN_CB_NO_REGS, vaddr);
    }
}

static void on_exit_of_qemu(qemu_plugin_id_t id, void *data)
{
    (void)id;
    (void)data;
    if (pairs_path && !pairs_write(pairs_path))
        perror(pairs_path);
}

static struct counters *map_counters(const char *path)
{
    int file = path ? open(path, O_RDWR) : -1;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                      file >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, file, 0);

    if (file >= 0)
        close(file);
    if (page == MAP_FAILED || (path && file < 0)) {
        perror(path ? path : "counters");
        return NULL;
    }
    return page;
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
    const char *counters_path = NULL;

    (void)info;
    for (int i = 0; i < argc; i++) {
        if (!strncmp(argv[i], "counters=", 9)) {
            counters_path = argv[i] + 9;
        } else if (!strncmp(argv[i], "pairs=", 6)) {
            pairs_path = strdup(argv[i] + 6);
        } else if (!strncmp(argv[i], "profile=", 8)) {
            if (!profile_open(argv[i] + 8)) {
                perror(argv[i] + 8);
                return -1;
            }
        } else {
            fprintf(stderr, "counters: unknown argument %s\n", argv[i]);
            return -1;
        }
    }
    now = map_counters(counters_path);
    if (!now)
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_atexit_cb(id, on_exit_of_qemu, NULL);
    return 0;
}
