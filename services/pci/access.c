/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's accesses, through configuration mechanism #1 (PCI Local Bus 3.0, 3.2.2.3.2) and
 * through the ECAM.
 *
 * An access is cut into naturally aligned pieces of at most four bytes, as the host bridge sees
 * them. Reads that no rule changes are passed to the kernel whole. Writes to configuration space
 * are always done here, because what they change (bus numbers, BARs, the mode of a device) has to
 * be looked at before anything else of the guest runs.
 */
#include "internal.h"

/* The largest aligned piece that starts at `at` and has no more than `left` bytes. */
static unsigned piece_size(uint64_t at, unsigned left)
{
    unsigned size = at & 1 ? 1 : at & 2 ? 2 : 4;

    while (size > left)
        size /= 2;
    return size;
}

/* ---- configuration mechanism #1 ---- */

/*
 * CF8h bits 27:24 are register bits 11:8 where AMD's NB_CFG.EnableCf8ExtCfg is set (BKDG family
 * 10h, MSRC001_001F), and nothing elsewhere. The guest can change that at any time, so the function
 * is asked: where they mean nothing, its identification register reads the same with them.
 */
static unsigned extended_bits(struct pci *p, struct pci_address a, uint32_t latch)
{
    uint32_t id, other;

    if (!(latch >> 24 & 0xf))
        return 0;
    id = pci_read(p, a, PCI_ID, 4);
    p->ops.out(p->ops.context, CONFIG_ADDRESS, 4, latch & ~0xffu);
    other = p->ops.in(p->ops.context, CONFIG_DATA, 4);
    return id == other ? 0 : (latch >> 24 & 0xf) << 8;
}

/* Whether the piece at `port` is a configuration access; the latch is enabled. */
static bool data_piece(uint16_t port, unsigned size, uint32_t latch, unsigned extended,
                       struct pci_piece *out)
{
    if (port < CONFIG_DATA || port > CONFIG_DATA + 3)
        return false;
    out->a = (struct pci_address){(uint8_t)(latch >> 16), (uint8_t)(latch >> 8)};
    out->reg = extended | (latch & 0xfc) | (port & 3);
    out->size = size;
    out->ecam = false;
    out->at = port;
    return true;
}

/* What is no configuration access: bytes and words at CF8h to CFBh too (CF9h is a reset register). */
static enum weir_verdict bare_ports(struct pci *p, bool write, uint16_t port, unsigned size,
                                    uint64_t *data)
{
    uint64_t value = 0;

    pci_release(p);
    if (!p->exclusive)
        return WEIR_V_PASS;
    for (unsigned done = 0, n; done < size; done += n) {
        uint16_t at = (uint16_t)(port + done);

        n = piece_size(at, size - done);
        if (write)
            p->ops.out(p->ops.context, at, n, (uint32_t)(*data >> 8 * done) & pci_ones(n));
        else
            value |= (uint64_t)p->ops.in(p->ops.context, at, n) << 8 * done;
    }
    if (!write)
        *data = value;
    return WEIR_V_DONE;
}

/* Bits 1:0 are always 0 on a PC's host bridge; QEMU keeps them and would add them to the register
 * number. */
static enum weir_verdict address_write(struct pci *p, uint64_t *data)
{
    uint32_t value = (uint32_t)*data & ~3u;

    if (p->exclusive) {
        pci_set_latch(p, value);
        return WEIR_V_DONE;
    }
    if (value == (uint32_t)*data)
        return WEIR_V_PASS;
    *data = value;
    return WEIR_V_REPLACE;
}

static enum weir_verdict config_read(struct pci *p, uint16_t port, unsigned size, uint32_t latch,
                                     unsigned extended, uint64_t *data)
{
    enum weir_verdict verdict = WEIR_V_DONE;
    uint64_t value = 0;

    for (unsigned done = 0, n; done < size; done += n) {
        uint16_t at = (uint16_t)(port + done);
        struct pci_piece c;
        uint32_t one = 0;

        n = piece_size(at, size - done);
        if (data_piece(at, n, latch, extended, &c) && pci_ruled_read(p, &c, &one))
            ;
        else if (n == size && !p->exclusive)
            verdict = WEIR_V_PASS;
        else
            one = pci_hardware_read(p, false, at, n);
        value |= (uint64_t)one << 8 * done;
    }
    pci_release(p);
    if (verdict == WEIR_V_DONE)
        *data = value;
    return verdict;
}

enum weir_verdict pci_port_access(struct pci *p, bool write, uint16_t port, unsigned size,
                                  uint64_t *data)
{
    uint32_t latch;
    unsigned extended;
    struct pci_address a;

    if (write && port == CONFIG_ADDRESS && size == 4)
        return address_write(p, data);
    if (port > CONFIG_DATA + 3 || port + size <= CONFIG_DATA)
        return bare_ports(p, write, port, size, data);
    latch = pci_latch(p);
    if (!(latch & CONFIG_ENABLE))
        return bare_ports(p, write, port, size, data);
    if (latch & 3)
        pci_set_latch(p, latch &= ~3u);
    a = (struct pci_address){(uint8_t)(latch >> 16), (uint8_t)(latch >> 8)};
    extended = extended_bits(p, a, latch);
    if (!write)
        return config_read(p, port, size, latch, extended, data);
    for (unsigned done = 0, n; done < size; done += n) {
        uint16_t at = (uint16_t)(port + done);
        uint32_t one;
        struct pci_piece c;

        n = piece_size(at, size - done);
        one = (uint32_t)(*data >> 8 * done) & pci_ones(n);
        if (data_piece(at, n, latch, extended, &c))
            pci_ruled_write(p, &c, one);
        else
            pci_hardware_write(p, false, at, n, one);
    }
    pci_release(p);
    return WEIR_V_DONE;
}

/* ---- ECAM ---- */

enum weir_verdict pci_ecam_access(struct pci *p, bool write, uint64_t address, unsigned size,
                                  uint64_t *data)
{
    enum weir_verdict verdict = WEIR_V_DONE;
    uint64_t value = 0;

    for (unsigned done = 0, n; done < size; done += n) {
        struct pci_piece c = {.ecam = true, .at = address + done};
        uint32_t one = 0;

        n = piece_size(c.at, size - done);
        c.size = n;
        if (!pci_ecam_target(p, c.at, &c.a, &c.reg))
            one = pci_ones(n); /* the part of an access beyond its end */
        else if (write)
            pci_ruled_write(p, &c, (uint32_t)(*data >> 8 * done) & pci_ones(n));
        else if (pci_ruled_read(p, &c, &one))
            ;
        else if (n == size && !p->exclusive)
            verdict = WEIR_V_PASS;
        else
            one = pci_hardware_read(p, true, c.at, n);
        value |= (uint64_t)one << 8 * done;
    }
    pci_release(p);
    if (!write && verdict == WEIR_V_DONE)
        *data = value;
    return verdict;
}
