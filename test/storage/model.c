/* SPDX-License-Identifier: BSD-2-Clause */
#include "model.h"
#include "crypt/crypt.h"
#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct model model;

_Noreturn void model_die(const char *why, uint64_t value)
{
    fprintf(stderr, "model: %s (0x%llx)\n", why, (unsigned long long)value);
    abort();
}

/* ---- the cipher ---- */

void model_cipher(uint64_t sector, uint8_t *data)
{
    for (unsigned i = 0; i < SECTOR; i++)
        data[i] ^= (uint8_t)(0x5a + sector * 7 + i * 13 + (sector >> 8));
}

static void cipher(const struct crypt_key *key, uint64_t sector, uint8_t *to, const uint8_t *from, size_t sectors)
{
    if (key != storage.keys->key)
        model_die("another key than the disk's", 0);
    for (size_t i = 0; i < sectors; i++) {
        memmove(to + i * SECTOR, from + i * SECTOR, SECTOR);
        model_cipher(sector + i, to + i * SECTOR);
    }
}

void crypt_encrypt(const struct crypt_key *key, uint64_t sector, void *to, const void *from, size_t sectors)
{
    cipher(key, sector, to, from, sectors);
}

void crypt_decrypt(const struct crypt_key *key, uint64_t sector, void *to, const void *from, size_t sectors)
{
    cipher(key, sector, to, from, sectors);
}

/* ---- memory ---- */

/* What an address is to the controller. Anything but RAM of the guest's and storage's own is a failure of storage. */
uint8_t *model_bus(uint64_t address, uint64_t bytes)
{
    if (address >= MODEL_DMA && address - MODEL_DMA + bytes <= sizeof(struct dma))
        return (uint8_t *)storage.dma + (address - MODEL_DMA);
    if (!memory_at(address, bytes))
        model_die("the controller was told to use an address that is not the guest's", address);
    return model.memory + address;
}

static uint8_t *own(uint64_t address, uint64_t bytes)
{
    if (address < MODEL_DMA || address - MODEL_DMA + bytes > sizeof(struct dma))
        model_die("a structure of the controller's is not in storage's memory", address);
    return model_bus(address, bytes);
}

/* ---- the controller ---- */

static void put_d2h(struct model_port *p, uint32_t status, uint32_t error, uint64_t at)
{
    uint8_t *fis = own(p->fb, FIS_AREA_BYTES) + FIS_D2H;

    memset(fis, 0, 20);
    fis[0] = FIS_D2H_TYPE;
    fis[1] = 0x40;
    fis[2] = (uint8_t)status;
    fis[3] = (uint8_t)error;
    memcpy(fis + 4, &at, 3);
    p->tfd = status | error << 8;
}

static void execute(unsigned n, unsigned slot)
{
    struct model_port *p = &model.port[n];
    struct ahci_header *h = (struct ahci_header *)own(p->clb, 1024) + slot;
    uint64_t table = (uint64_t)h->ctbau << 32 | h->ctba, at;
    const uint8_t *fis = own(table, TABLE_PRDT);
    uint32_t prds = h->flags >> 16, error;
    struct model_transfer t = { (const struct ahci_prd *)(prds ? own(table + TABLE_PRDT, prds * 16) : fis), prds, 0, 0 };
    bool queued = model_is_command(fis) && (fis[H2D_COMMAND] == 0x60 || fis[H2D_COMMAND] == 0x61), good;

    p->commands++;
    p->log[p->logged++ % sizeof(p->log)] = fis[H2D_COMMAND];
    if (queued && (!(p->sact >> slot & 1) || fis[H2D_COUNT] >> 3 != slot))
        model_die("an NCQ command with another tag than its slot", slot);
    p->accepted &= ~(1u << slot);
    good = model_do_command(n, fis, h->flags, &t, &error, &at);
    h->prdbc = t.moved;
    if (!good) {
        put_d2h(p, 0x51, error, at);
        p->is |= IS_TFES;
        return;
    }
    p->ci &= ~(1u << slot);
    if (queued) {
        p->sact &= ~(1u << slot);
        p->is |= IS_SDBS;
    } else {
        put_d2h(p, 0x50, 0, 0);
        p->is |= IS_DHRS;
    }
}

bool model_step(unsigned port, unsigned n)
{
    struct model_port *p = &model.port[port];
    uint32_t waiting = p->ci | p->accepted;

    if (!(p->cmd & CMD_ST) || p->is & IS_STOPS || !waiting)
        return false;
    for (n %= (unsigned)__builtin_popcount(waiting); n; n--)
        waiting &= waiting - 1;
    execute(port, (unsigned)__builtin_ctz(waiting));
    return true;
}

static void run_all(unsigned port)
{
    while (model.automatic && model_step(port, 0))
        ;
}

static void set_cmd(struct model_port *p, uint32_t value)
{
    if (!(value & CMD_ST)) {
        p->ci = p->sact = p->accepted = 0;
        value &= ~CMD_CR;
    } else {
        if (!(p->cmd & CMD_ST))
            (void)own(p->clb, 1024);
        value |= CMD_CR;
    }
    if (value & CMD_FRE)
        (void)own(p->fb, FIS_AREA_BYTES);
    p->cmd = value & CMD_FRE ? value | CMD_FR : value & ~CMD_FR;
}

static void reset(void)
{
    for (unsigned i = 0; i < MODEL_PORTS; i++) {
        struct model_port *p = &model.port[i];

        p->is = p->ie = p->cmd = p->serr = p->sctl = p->sact = p->ci = p->accepted = 0;
        p->tfd = 0x50;
    }
    model.is = 0;
}

static void tick(void)
{
    if (model.tick)
        model.tick();
}

uint32_t hw_read(const struct hba *h, unsigned reg)
{
    unsigned n = (reg - HBA_PORTS) / HBA_PORT_BYTES;
    const struct model_port *p = &model.port[n % MODEL_PORTS];

    tick();
    if (h->base && h->base != MODEL_BASE)
        model_die("another controller", h->base);
    if (reg % 4 || reg >= 0x2000)
        model_die("no such register", reg);
    if (reg < HBA_PORTS)
        return reg == HBA_CAP ? CAP_S64A | CAP_SPM | 0x1f00 : reg == HBA_GHC ? model.ghc : reg == HBA_IS ? model.is
               : reg == HBA_PI ? (1u << MODEL_PORTS) - 1 : 0;
    if (n >= MODEL_PORTS)
        return 0;
    switch ((reg - HBA_PORTS) % HBA_PORT_BYTES) {
    case PX_CLB:
        return (uint32_t)p->clb;
    case PX_CLBU:
        return (uint32_t)(p->clb >> 32);
    case PX_FB:
        return (uint32_t)p->fb;
    case PX_FBU:
        return (uint32_t)(p->fb >> 32);
    case PX_IS:
        return p->is;
    case PX_IE:
        return p->ie;
    case PX_CMD:
        return p->cmd;
    case PX_TFD:
        return p->tfd;
    case PX_SIG:
        return SIG_ATA;
    case PX_SSTS:
        return 0x113;
    case PX_SCTL:
        return p->sctl;
    case PX_SERR:
        return p->serr;
    case PX_SACT:
        return p->sact;
    case PX_CI:
        return p->ci;
    default:
        return 0;
    }
}

/* With model.accepts an NCQ command leaves PxCI at once, as the disk takes it before it does it. */
static void ring(struct model_port *p, uint32_t value)
{
    uint32_t queued = value & p->sact;

    if (!(p->cmd & CMD_ST))
        return;
    if (value & (p->ci | p->accepted))
        model_die("a doorbell is rung over a command at work", value);
    if (queued ? p->ci & ~p->sact : value && (p->sact & (p->ci | p->accepted)))
        model_die("queued commands and others at the disk at once", value);
    p->ci |= model.accepts ? value & ~queued : value;
    p->accepted |= model.accepts ? queued : 0;
}

static void write_port(unsigned n, unsigned of, uint32_t value)
{
    struct model_port *p = &model.port[n];

    switch (of) {
    case PX_CLB:
        p->clb = (p->clb & ~0xffffffffull) | (value & ~1023u);
        break;
    case PX_CLBU:
        p->clb = (p->clb & 0xffffffffu) | (uint64_t)value << 32;
        break;
    case PX_FB:
        p->fb = (p->fb & ~0xffffffffull) | (value & ~255u);
        break;
    case PX_FBU:
        p->fb = (p->fb & 0xffffffffu) | (uint64_t)value << 32;
        break;
    case PX_IS:
        p->is &= ~value;
        break;
    case PX_IE:
        p->ie = value;
        break;
    case PX_CMD:
        set_cmd(p, value);
        break;
    case PX_SCTL:
        p->sctl = value;
        if ((value & SCTL_DET) == 1) {
            p->ci = p->sact = p->accepted = 0;
            p->is |= IS_PCS | IS_PRCS;
            p->serr |= 1u << 26;
            p->resets++;
        }
        break;
    case PX_SERR:
        p->serr &= ~value;
        break;
    case PX_SACT:
        if (p->cmd & CMD_ST)
            p->sact |= value;
        break;
    case PX_CI:
        ring(p, value);
        run_all(n);
        break;
    }
}

void hw_write(const struct hba *h, unsigned reg, uint32_t value)
{
    unsigned n = (reg - HBA_PORTS) / HBA_PORT_BYTES;

    (void)h;
    tick();
    if (reg >= HBA_PORTS && n < MODEL_PORTS)
        write_port(n, (reg - HBA_PORTS) % HBA_PORT_BYTES, value);
    else if (reg == HBA_GHC && value & GHC_HR)
        reset();
    else if (reg == HBA_GHC)
        model.ghc = value;
    else if (reg == HBA_IS)
        model.is &= ~value;
}

void hw_ring(const struct port *p, uint32_t bit, bool queued, uint32_t *rung, uint32_t serial)
{
    if (queued)
        hw_write(p->hba, p->at + PX_SACT, bit);
    model.stood[0] = STOOD_BETWEEN;
    hw_write(p->hba, p->at + PX_CI, bit);
    model.stood[0] = STOOD_BEHIND;
    tick();
    *rung = serial;
    model.stood[0] = STOOD_ELSEWHERE;
}

void hw_ahead(const struct port *p, unsigned reg, uint32_t value)
{
    model.ahead = p->at + reg;
    model.ahead_value = value;
}

uint32_t model_access(bool write, uint32_t offset, uint32_t value)
{
    if (!write && offset == model.ahead && !model.posted) {
        model.ahead = 0;
        return model.ahead_value;
    }
    if (write && offset % HBA_PORT_BYTES == PX_SACT && !model.posted) {
        model.posted = offset;
        model.posted_value = value;
        return 0;
    }
    model.ahead = 0;
    if (model.posted)
        registers_write(&storage.hba[0], model.posted, 4, model.posted_value);
    if (write)
        registers_write(&storage.hba[0], offset, 4, value);
    else
        value = (uint32_t)registers_read(&storage.hba[0], offset, 4);
    model.posted = 0; /* answered */
    return value;
}

enum stood hw_stood(unsigned before)
{
    return before < MODEL_STOOD ? model.stood[before] : STOOD_UNKNOWN;
}

/* Time passes for storage only while it waits for a command of its own. */
void hw_pause(unsigned us)
{
    (void)us;
    for (unsigned i = 0; i < MODEL_PORTS; i++)
        (void)model_step(i, 0);
}

bool hw_open(struct hba *h, uint64_t base)
{
    (void)h;
    return base == MODEL_BASE;
}

void hw_log(const char *format, ...)
{
    (void)format;
}

/* ---- the machine ---- */

void model_instance(void)
{
    static const struct weir_e820 map[] = {
        { 0, 0x9f000, 1, 1 },
        { 0x9f000, 0x1000, 2, 1 },
        { MODEL_RAM_FIRST, MODEL_RAM_END - MODEL_RAM_FIRST, 1, 1 },
        { MODEL_MEMORY, 0x10000000, 2, 1 },
    };
    struct storage empty = { .tables = &model.tables, .saved = storage.saved, .dma = storage.dma,
                             .dma_phys = MODEL_DMA, .keys = storage.keys };

    storage = empty;
    memory_begin(map, sizeof(map) / sizeof(map[0]), model.memory);
    memmove(model.stood + 1, model.stood, sizeof(model.stood) - sizeof(model.stood[0]));
    model.stood[0] = STOOD_ELSEWHERE;
    model.ahead = 0;
}

/* Everything but the big memories, which stay as they are. */
static void power_on(uint8_t *memory, uint8_t *disk[MODEL_PORTS])
{

    memset(&model, 0, sizeof(model));
    model.memory = memory;
    for (unsigned i = 0; i < MODEL_PORTS; i++) {
        model.disk[i] = disk[i];
        model.port[i] = (struct model_port){ .clb = 0x200000 + i * 0x1000, .fb = 0x200400 + i * 0x1000, .tfd = 0x50,
                                             .fail_lba = UINT64_MAX };
    }
    model.automatic = true;
    model.ghc = GHC_AE;
    model_instance();
    memset(storage.saved, 0, offsetof(struct saved, pieces));
}

void model_begin(void)
{
    uint8_t *disk[MODEL_PORTS], *memory = calloc(1, MODEL_MEMORY);
    struct crypt_keys *keys;

    for (unsigned i = 0; i < MODEL_PORTS; i++)
        disk[i] = calloc(MODEL_SECTORS, SECTOR);
    storage.saved = calloc(1, sizeof(struct saved));
    storage.dma = aligned_alloc(4096, sizeof(struct dma));
    memset(storage.dma, 0xee, sizeof(struct dma));
    keys = aligned_alloc(64, sizeof(*keys));
    *keys = (struct crypt_keys){ .magic = CRYPT_KEYS_MAGIC, .nkeys = 1 };
    storage.keys = keys;
    power_on(memory, disk);
    /* what is no RAM of the guest's may not even be looked at */
    ASAN_POISON_MEMORY_REGION(model.memory + 0x9f000, 0xc0000 - 0x9f000);
    ASAN_POISON_MEMORY_REGION(model.memory + MODEL_RAM_END, MODEL_MEMORY - MODEL_RAM_END);
}

void model_again(void)
{
    pool_begin();
    power_on(model.memory, (uint8_t *[]){ model.disk[0], model.disk[1] });
}

void model_end(void)
{
    pool_begin();
    ASAN_UNPOISON_MEMORY_REGION(model.memory, MODEL_MEMORY);
    free(model.memory);
    for (unsigned i = 0; i < MODEL_PORTS; i++)
        free(model.disk[i]);
    free(storage.saved);
    free(storage.dma);
    free((void *)storage.keys);
}

bool model_start(unsigned instance)
{
    static const uint64_t bases[HBAS] = { MODEL_BASE };

    return storage_start(bases, instance);
}
