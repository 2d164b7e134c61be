/* SPDX-License-Identifier: BSD-2-Clause */
/* Each instruction that is counted, and its nearest neighbours, which are not. */
#include <stdio.h>

#include "insn_kind.h"

static const struct {
    const char *text;
    enum insn_kind kind;
    size_t size;
    uint8_t bytes[6];
} cases[] = {
    { "vmrun", INSN_VMRUN, 3, { 0x0f, 0x01, 0xd8 } },
    { "vmmcall", INSN_OTHER, 3, { 0x0f, 0x01, 0xd9 } },
    { "invlpga", INSN_INVLPG, 3, { 0x0f, 0x01, 0xdf } },
    { "invlpg [rax]", INSN_INVLPG, 3, { 0x0f, 0x01, 0x38 } },
    { "invlpg [r9+8]", INSN_INVLPG, 5, { 0x41, 0x0f, 0x01, 0x79, 0x08 } },
    { "lmsw [rax]", INSN_OTHER, 3, { 0x0f, 0x01, 0x30 } },
    { "swapgs", INSN_OTHER, 3, { 0x0f, 0x01, 0xf8 } },
    { "mov cr3, rax", INSN_CR3_LOAD, 3, { 0x0f, 0x22, 0xd8 } },
    { "mov cr3, r9", INSN_CR3_LOAD, 4, { 0x41, 0x0f, 0x22, 0xd9 } },
    { "mov cr8, rax", INSN_OTHER, 4, { 0x44, 0x0f, 0x22, 0xc0 } },
    { "mov cr4, rax", INSN_OTHER, 3, { 0x0f, 0x22, 0xe0 } },
    { "mov rax, cr3", INSN_OTHER, 3, { 0x0f, 0x20, 0xd8 } },
    { "wrmsr", INSN_WRMSR, 2, { 0x0f, 0x30 } },
    { "rdmsr", INSN_OTHER, 2, { 0x0f, 0x32 } },
    { "rdtsc", INSN_RDTSC, 2, { 0x0f, 0x31 } },
    { "in al, dx", INSN_PORT, 1, { 0xec } },
    { "out 21h, al", INSN_PORT, 2, { 0xe6, 0x21 } },
    { "in ax, dx", INSN_PORT, 2, { 0x66, 0xed } },
    { "rep insw", INSN_PORT, 3, { 0xf3, 0x66, 0x6d } },
    { "jmp", INSN_OTHER, 2, { 0xeb, 0xec } },
    { "mov al, 0ech", INSN_OTHER, 2, { 0xb0, 0xec } },
    { "prefixes alone", INSN_OTHER, 2, { 0x66, 0x48 } },
};

int main(void)
{
    int failed = 0;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum insn_kind kind = insn_kind(cases[i].bytes, cases[i].size);

        if (kind != cases[i].kind) {
            printf("%s: expected kind %d, got %d\n", cases[i].text, cases[i].kind, kind);
            failed = 1;
        }
    }
    return failed;
}
