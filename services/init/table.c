/* SPDX-License-Identifier: BSD-2-Clause */
#include "table.h"
#include <stddef.h>

#define PAGES_SMALL 64u

#define R WEIR_P_READ
#define RW (WEIR_P_READ | WEIR_P_WRITE)

const struct service_spec service_table[SERVICES] = {
    [SERVICE_POLICY] = {
        .name = "policy",
        .pages = 256, /* Lua's heap is part of the program, not of this */
        .slots = 64,
        .gives = {
            { GIVE_MEMORY, "policy.lua", "policy.lua", R },
            { GIVE_MEMORY, "tables", "policy.tables", RW },
            { GIVE_MEMORY, "events", "policy.events", RW },
        },
    },
    [SERVICE_CONSOLE] = {
        .name = "console",
        .pages = PAGES_SMALL,
        .slots = 64,
        .gives = {
            { GIVE_MEMORY, "log.policy", "log.policy", R },
            { GIVE_MEMORY, "log.emulator", "log.emulator", R },
            { GIVE_MEMORY, "log.watch", "log.watch", R },
            { GIVE_MEMORY, "log.pci", "log.pci", R },
            { GIVE_MEMORY, "log.storage", "log.storage", R },
            { GIVE_MEMORY, "log.control", "log.control", R },
            { GIVE_MEMORY, "log.policy", "log.candidate", R }, /* which becomes policy */
            { GIVE_MEMORY, "ring", "ring", RW },
            { GIVE_MEMORY, "tables", "tables", R },
            { GIVE_DEVICE, "uart", "uart", WEIR_R_ACCESS },
        },
    },
    [SERVICE_EMULATOR] = {
        .name = "emulator",
        .pages = PAGES_SMALL,
        .slots = 64,
    },
    [SERVICE_WATCH] = {
        .name = "watch",
        .pages = PAGES_SMALL,
        .slots = 64,
        .gives = {
            { GIVE_MEMORY, "tables", "tables", R },
            { GIVE_PORT, "policy", "policy", WEIR_R_CALL },
        },
    },
    [SERVICE_PCI] = {
        .name = "pci",
        .pages = 256, /* maps the functions' ECAM pages and binds their BARs */
        .slots = 1024,
        .gives = {
            { GIVE_MEMORY, "tables", "tables", R },
            { GIVE_MEMORY, "e820", "e820", R },
            { GIVE_MEMORY, "state", "pci.state", RW },
            { GIVE_DEVICE, "ports", "ports", WEIR_R_ACCESS | WEIR_R_BIND },
            { GIVE_DEVICE, "addresses", "addresses", WEIR_R_READ | WEIR_R_WRITE | WEIR_R_BIND },
            { GIVE_PORT, "self", "pci", WEIR_R_CALL | WEIR_R_MANAGE },
            { GIVE_PORT, "watch", "watch", WEIR_R_CALL | WEIR_R_MANAGE },
            { GIVE_PORT, "storage", "storage", WEIR_R_CALL | WEIR_R_MANAGE },
            { GIVE_MEMORY, "ahci", "ahci", RW },
        },
    },
    [SERVICE_STORAGE] = {
        .name = "storage",
        .pages = 256, /* its memory is init's; page tables for that, and large pages for the guest's RAM */
        .slots = 64,
        .gives = {
            { GIVE_MEMORY, "tables", "tables", R },
            { GIVE_MEMORY, "e820", "e820", R },
            { GIVE_MEMORY, "keys", "keys", R },
            { GIVE_MEMORY, "ahci", "ahci", R },
            { GIVE_MEMORY, "state", "storage.state", RW },
            { GIVE_MEMORY, "dma", "storage.dma", RW },
            { GIVE_DEVICE, "ports", "ports", WEIR_R_ACCESS },
            { GIVE_DEVICE, "addresses", "addresses", WEIR_R_READ | WEIR_R_WRITE },
        },
    },
    [SERVICE_CONTROL] = {
        .name = "control",
        .pages = 128, /* the answer is part of the program */
        .slots = 64,
        .gives = {
            { GIVE_MEMORY, "tables", "tables", R },
            { GIVE_MEMORY, "ring", "ring", R },
            { GIVE_MEMORY, "status", "control.status", R },
            { GIVE_MEMORY, "ask", "control.ask", RW },
            { GIVE_MEMORY, "text", "control.text", RW },
            { GIVE_MEMORY, "symbols", "symbols", R },
            { GIVE_NOTE, "init", NULL, WEIR_R_SIGNAL },
        },
    },
};
