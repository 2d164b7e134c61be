/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tree of PCI-to-PCI bridges. A function is known by its place in that tree, not by its bus
 * number, because the guest may number the buses anew at any time (PCI-to-PCI Bridge 1.2, 3.2.5.3).
 * The numbers here follow every write to a bridge; a bridge decides which of two routes is meant
 * only where the guest made them overlap, and then both count.
 */
#include "internal.h"

#include <string.h>

bool pci_same_where(struct pci_where a, struct pci_where b)
{
    return a.bridge == b.bridge && a.devfn == b.devfn && (a.bridge >= 0 || a.root == b.root);
}

static bool covers(const struct pci_bridge *b, uint8_t bus)
{
    return b->secondary != 0 &&
           (b->secondary == bus || (b->secondary < bus && bus <= b->subordinate));
}

/* Whether a configuration access to `bus` gets as far as the primary side of bridge i. */
static bool reaches(const struct pci *p, unsigned i, uint8_t bus)
{
    int up = p->bridge[i].where.bridge;

    /* a parent has a lower index than its child, so this ends */
    while (up >= 0 && covers(&p->bridge[up], bus))
        up = p->bridge[up].where.bridge;
    return up < 0;
}

unsigned pci_route(const struct pci *p, struct pci_address a, struct pci_where out[PCI_MAX_ROUTES])
{
    unsigned n = 0;

    for (unsigned i = 0; i < p->nbridges; i++) {
        if (p->bridge[i].secondary != a.bus || a.bus == 0 || !reaches(p, i, a.bus))
            continue;
        if (n < PCI_MAX_ROUTES)
            out[n] = (struct pci_where){(int16_t)i, 0, a.devfn};
        n++;
    }
    if (!n)
        out[n++] = (struct pci_where){-1, a.bus, a.devfn};
    return n;
}

unsigned pci_routes(const struct pci *p, struct pci_address a, struct pci_where out[PCI_MAX_ROUTES])
{
    unsigned n = pci_route(p, a, out);

    return n < PCI_MAX_ROUTES ? n : PCI_MAX_ROUTES;
}

bool pci_behind_hidden(const struct pci *p, uint8_t bus)
{
    for (unsigned i = 0; i < p->nbridges; i++)
        if (p->bridge[i].hidden && covers(&p->bridge[i], bus))
            return true;
    return false;
}

bool pci_locate(const struct pci *p, struct pci_where w, struct pci_address *out)
{
    out->devfn = w.devfn;
    out->bus = w.bridge < 0 ? w.root : p->bridge[w.bridge].secondary;
    return w.bridge < 0 || (out->bus != 0 && reaches(p, (unsigned)w.bridge, out->bus));
}

bool pci_behind(const struct pci *p, struct pci_where w, int bridge)
{
    while (w.bridge >= 0 && w.bridge != bridge)
        w = p->bridge[w.bridge].where;
    return w.bridge >= 0;
}

int pci_bridge_at(const struct pci *p, struct pci_where w)
{
    for (unsigned i = 0; i < p->nbridges; i++)
        if (pci_same_where(p->bridge[i].where, w))
            return (int)i;
    return -1;
}

static bool is_bridge(struct pci *p, struct pci_address a)
{
    return pci_read(p, a, PCI_ID, 2) != 0xffff && (pci_read(p, a, PCI_HEADER_TYPE, 1) & 0x7f) == 1;
}

static void read_bus_numbers(struct pci *p, struct pci_bridge *b, struct pci_address a)
{
    b->secondary = (uint8_t)pci_read(p, a, PCI_BUS_NUMBERS + 1, 1);
    b->subordinate = (uint8_t)pci_read(p, a, PCI_BUS_NUMBERS + 2, 1);
    b->hidden = pci_decide_where(p, a, b->where) == POLICY_HIDE;
}

static int add_bridge(struct pci *p, struct pci_address a, struct pci_where w)
{
    struct pci_bridge *b;

    if (p->nbridges == PCI_MAX_BRIDGES) {
        pci_log(p, "more than %u bridges; %02x:%02x.%u is not followed", PCI_MAX_BRIDGES, a.bus,
                a.devfn >> 3, a.devfn & 7u);
        return -1;
    }
    b = &p->bridge[p->nbridges];
    *b = (struct pci_bridge){.where = w};
    read_bus_numbers(p, b, a);
    return (int)p->nbridges++;
}

void pci_bridge_written(struct pci *p, struct pci_address a, struct pci_where w)
{
    int i = pci_bridge_at(p, w);

    if (i < 0) {
        if (is_bridge(p, a))
            (void)add_bridge(p, a, w);
        return;
    }
    if (!is_bridge(p, a))
        return; /* off the bus for now (reset, D3cold): what was known stays, because memory may
                   still be routed */
    read_bus_numbers(p, &p->bridge[i], a);

    /* A reset of the secondary bus clears the numbers of the bridges behind (PCI-to-PCI
     * Bridge 1.2, 3.2.5.18). */
    for (unsigned k = (unsigned)i + 1; k < p->nbridges; k++) {
        struct pci_address below;

        if (pci_behind(p, p->bridge[k].where, i) && pci_locate(p, p->bridge[k].where, &below) &&
            is_bridge(p, below))
            read_bus_numbers(p, &p->bridge[k], below);
    }
}

static bool scan_bus(struct pci *p, unsigned bus, int bridge, uint8_t seen[32], unsigned depth);

static bool scan_function(struct pci *p, struct pci_address a, int bridge, uint8_t seen[32],
                          unsigned depth)
{
    struct pci_where w = {(int16_t)bridge, bridge < 0 ? a.bus : 0, a.devfn};
    int i;

    if (!is_bridge(p, a))
        return true;
    i = add_bridge(p, a, w);
    if (i < 0)
        return false;
    if (p->bridge[i].secondary > a.bus)
        return scan_bus(p, p->bridge[i].secondary, i, seen, depth + 1);
    return true;
}

static bool scan_bus(struct pci *p, unsigned bus, int bridge, uint8_t seen[32], unsigned depth)
{
    if (seen[bus / 8] & 1u << bus % 8)
        return true;
    seen[bus / 8] |= (uint8_t)(1u << bus % 8);
    if (depth > PCI_PATH_DEPTH) {
        pci_log(p, "bridges are nested more than %u deep at bus %02x", PCI_PATH_DEPTH, bus);
        return false;
    }
    for (unsigned device = 0; device < 32; device++) {
        struct pci_address a = {(uint8_t)bus, (uint8_t)(device << 3)};
        unsigned functions;

        if (pci_read(p, a, PCI_ID, 2) == 0xffff)
            continue;
        p->bus_seen[bus / 8] |= (uint8_t)(1u << bus % 8);
        functions = pci_read(p, a, PCI_HEADER_TYPE, 1) & PCI_MULTI_FUNCTION ? 8 : 1;
        for (unsigned f = 0; f < functions; f++) {
            a.devfn = (uint8_t)(device << 3 | f);
            if (!scan_function(p, a, bridge, seen, depth))
                return false;
        }
    }
    return true;
}

/*
 * Finds every bridge. Buses that no bridge leads to are tried as root buses as well: host bridges
 * beyond the first have no standard register that would tell their numbers.
 */
bool pci_scan(struct pci *p)
{
    uint8_t seen[32];

    memset(seen, 0, sizeof(seen));
    memset(p->bus_seen, 0, sizeof(p->bus_seen));
    p->nbridges = 0;
    for (unsigned bus = 0; bus < 256; bus++)
        if (!scan_bus(p, bus, -1, seen, 0))
            return false;
    return true;
}

void pci_path_of(const struct pci *p, struct pci_where w, struct pci_path *out)
{
    uint8_t up[PCI_PATH_DEPTH];
    unsigned depth = 0;

    memset(out, 0, sizeof(*out));
    out->devfn = w.devfn;
    while (w.bridge >= 0 && depth < PCI_PATH_DEPTH) {
        w = p->bridge[w.bridge].where;
        up[depth++] = w.devfn;
    }
    if (w.bridge >= 0)
        return; /* deeper than pci_scan follows */
    out->root = w.root;
    out->depth = (uint8_t)depth;
    for (unsigned i = 0; i < depth; i++)
        out->bridge[i] = up[depth - 1 - i];
    out->known = 1;
}

bool pci_follow_path(const struct pci *p, const struct pci_path *path, struct pci_where *out)
{
    struct pci_where w = {-1, path->root, 0};

    if (path->known != 1 || path->depth > PCI_PATH_DEPTH)
        return false;
    for (unsigned i = 0; i < path->depth; i++) {
        int bridge;

        w.devfn = path->bridge[i];
        bridge = pci_bridge_at(p, w);
        if (bridge < 0)
            return false;
        w = (struct pci_where){(int16_t)bridge, 0, 0};
    }
    w.devfn = path->devfn;
    *out = w;
    return true;
}
