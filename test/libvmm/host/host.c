/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads the program, builds its start block and enters it; see host.h. */
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <vmm/elf.h>
#include "host.h"

_Noreturn void host_fail(const char *format, ...)
{
    va_list args;

    fflush(stdout);
    fputs("service-host: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    _exit(125);
}

static void *map_at(uint64_t va, size_t bytes)
{
    void *at = mmap((void *)va, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (at != (void *)va) {
        host_fail("%zx bytes at %lx are not to be had", bytes, (unsigned long)va);
    }
    return at;
}

static uint64_t load(const char *path)
{
    struct vmm_elf_plan plan;
    struct stat status;
    int fd = open(path, O_RDONLY);
    const uint8_t *image;
    enum vmm_elf_fault fault;

    if (fd < 0 || fstat(fd, &status) != 0) {
        host_fail("%s cannot be opened", path);
    }
    image = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (image == MAP_FAILED) {
        host_fail("%s cannot be read", path);
    }
    fault = vmm_elf_plan(image, (size_t)status.st_size, &plan);
    if (fault != VMM_ELF_OK) {
        host_fail("%s: %s", path, vmm_elf_reason(fault));
    }
    for (uint32_t i = 0; i < plan.segments; i++) {
        const struct vmm_elf_segment *segment = &plan.segment[i];
        int prot = (segment->prot & WEIR_P_READ ? PROT_READ : 0) |
                   (segment->prot & WEIR_P_WRITE ? PROT_WRITE : 0) |
                   (segment->prot & WEIR_P_EXEC ? PROT_EXEC : 0);
        void *at = map_at(segment->va, segment->pages * WEIR_PAGE);
        memcpy(at, image + segment->offset, segment->bytes);
        mprotect(at, segment->pages * WEIR_PAGE, prot);
    }
    close(fd);
    return plan.entry;
}

static struct weir_start_region map_region(const struct host_region *region, uint64_t va)
{
    struct weir_start_region r = { .va = va, .prot = WEIR_P_READ };
    int fd = open(region->path, region->writable ? O_RDWR : O_RDONLY);
    struct stat status;
    int prot = PROT_READ;

    if (fd < 0 || fstat(fd, &status) != 0 || (uint64_t)status.st_size > HOST_REGION_STEP) {
        host_fail("%s cannot be a region", region->path);
    }
    if (region->writable) {
        prot |= PROT_WRITE;
        r.prot |= WEIR_P_WRITE;
    }
    r.bytes = (uint64_t)status.st_size;
    snprintf(r.name, sizeof(r.name), "%s", region->name);
    /* One byte more, so that an empty file is mapped too: nobody may touch it. */
    if (mmap((void *)va, r.bytes + 1, prot, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0) ==
        MAP_FAILED) {
        host_fail("%s cannot be mapped", region->path);
    }
    close(fd);
    return r;
}

static void make_start_block(const struct host *host)
{
    struct weir_start *start = map_at(WEIR_START_VA, WEIR_PAGE);

    *start = (struct weir_start){
        .magic = WEIR_START_MAGIC,
        .abi = WEIR_ABI,
        .bytes = sizeof(*start),
        .name = "probe",
        .tsc_hz = 1000000000,
        .generation = 1,
        .cpus = 1,
        .heap_va = HOST_HEAP_VA,
        .heap_bytes = HOST_HEAP_BYTES,
        .ncaps = 1,
        .caps = { { .name = "init", .slot = HOST_SLOT_INIT, .kind = WEIR_PORT } },
    };
    snprintf(start->cmdline, sizeof(start->cmdline), "%s", host->cmdline ? host->cmdline : "");
    if (host->log_ring) {
        map_at(HOST_LOG_VA, HOST_LOG_BYTES);
        start->nregions = 1;
        start->regions[0] = (struct weir_start_region){ .name = "log",
                                                        .va = HOST_LOG_VA,
                                                        .bytes = HOST_LOG_BYTES,
                                                        .prot = WEIR_P_READ | WEIR_P_WRITE };
    }
    for (size_t i = 0; i < host->nregions; i++) {
        start->regions[start->nregions++] =
            map_region(&host->regions[i], HOST_REGIONS_VA + i * HOST_REGION_STEP);
    }
    mprotect(start, WEIR_PAGE, PROT_READ);
}

static bool no_float;

/* A SYSCALL of the program: plays it and, as the ABI allows, spoils every register that a call does
 * not keep. */
static void on_sigsys(int signal, siginfo_t *info, void *context)
{
    mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
    greg_t *g = machine->gregs;
    const uint64_t regs[7] = { (uint64_t)info->si_syscall, (uint64_t)g[REG_RDI],
                               (uint64_t)g[REG_RSI],       (uint64_t)g[REG_RDX],
                               (uint64_t)g[REG_R10],       (uint64_t)g[REG_R8],
                               (uint64_t)g[REG_R9] };
    uint64_t value = 0;
    const greg_t spoiled = 0x5fadedfaded5fad5;

    (void)signal;
    if (no_float && host_is_serving()) {
        host_float_check(machine->fpregs);
    }
    g[REG_RAX] = (greg_t)host_call(regs, &value);
    if (no_float) {
        host_float_mark(machine->fpregs);
    }
    g[REG_RDX] = (greg_t)value;
    g[REG_RDI] = g[REG_RSI] = g[REG_RCX] = spoiled;
    g[REG_R8] = g[REG_R9] = g[REG_R10] = g[REG_R11] = spoiled;
}

/* Anything else that would stop a domain. */
static void on_fault(int signal, siginfo_t *info, void *context)
{
    const greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;

    host_print_log();
    host_fail("%s at rip %llx, address %p", strsignal(signal), g[REG_RIP], info->si_addr);
}

static void catch_signals(void)
{
    static uint8_t stack[65536];
    const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
    struct sigaction on_call = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    struct sigaction fault = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };

    sigaltstack(&(stack_t){ .ss_sp = stack, .ss_size = sizeof(stack) }, NULL);
    sigaction(SIGSYS, &on_call, NULL);
    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
        sigaction(faults[i], &fault, NULL);
    }
}

/* System calls executed below VMM_ELF_LIMIT are the program's: they trap. All others are ours. */
static void trap_program_calls(void)
{
    const struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer) + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, VMM_ELF_LIMIT, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
    };
    const struct sock_fprog program = { sizeof(filter) / sizeof(*filter),
                                        (struct sock_filter *)filter };

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        host_fail("this Linux has no seccomp filters");
    }
}

_Noreturn void host_run(const struct host *host)
{
    uint64_t entry = load(host->program);

    make_start_block(host);
    map_at(HOST_MESSAGE_VA, WEIR_MSG_PAGES * WEIR_PAGE);
    host_calls_begin(host);
    no_float = host->no_float;
    catch_signals();
    trap_program_calls();
    /* As the kernel starts a thread. RSP is none that could be used: the program brings its stack
     * along. */
    __asm__ volatile("mov %0, %%rax\n\t"
                     "mov $16, %%rsp\n\t"
                     "jmp *%%rax"
                     :
                     : "r"(entry), "D"(HOST_MESSAGE_VA), "S"(WEIR_START_VA)
                     : "rax", "memory");
    __builtin_unreachable();
}
