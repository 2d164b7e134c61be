/* SPDX-License-Identifier: BSD-2-Clause */
/* Look-ups in validated tables, for the services that act on them. */
#include <string.h>
#include <weir/policy.h>

/*
 * Index of the first of n ascending, non-overlapping entries whose last is not below `first`; n if
 * there is none. The three tables differ in type only.
 */
#define LOWER_BOUND(list, n, value)                       \
    ({                                                    \
        uint32_t low_ = 0, high_ = (n);                   \
        while (low_ < high_) {                            \
            uint32_t middle_ = low_ + (high_ - low_) / 2; \
            if ((list)[middle_].last < (value))           \
                low_ = middle_ + 1;                       \
            else                                          \
                high_ = middle_;                          \
        }                                                 \
        low_;                                             \
    })

const struct policy_io *policy_find_io(const struct policy_tables *t, uint16_t port, unsigned size)
{
    uint32_t last = port + (size ? size - 1 : 0);
    const struct policy_io *found = NULL;

    for (uint32_t i = LOWER_BOUND(t->io, t->nio, port); i < t->nio && t->io[i].first <= last; i++) {
        if (t->io[i].action == POLICY_DENY)
            return &t->io[i];
        if (!found)
            found = &t->io[i];
    }
    return found;
}

const struct policy_mmio *policy_find_mmio(const struct policy_tables *t, uint64_t address,
                                           unsigned size)
{
    uint64_t last = address + (size ? size - 1 : 0);
    const struct policy_mmio *found = NULL;
    uint32_t n = t->nmmio_absolute;

    if (last < address)
        last = UINT64_MAX;
    for (uint32_t i = LOWER_BOUND(t->mmio, n, address); i < n && t->mmio[i].first <= last; i++) {
        if (t->mmio[i].action == POLICY_DENY)
            return &t->mmio[i];
        if (!found)
            found = &t->mmio[i];
    }
    return found;
}

const struct policy_msr *policy_find_msr(const struct policy_tables *t, uint32_t msr)
{
    uint32_t i = LOWER_BOUND(t->msr, t->nmsr, msr);

    return i < t->nmsr && t->msr[i].first <= msr ? &t->msr[i] : NULL;
}

bool policy_pci_matches(const struct policy_pci_match *m, uint16_t address, uint16_t vendor,
                        uint16_t device, uint32_t class_code)
{
    if (!m->fields)
        return false;
    if ((m->fields & POLICY_BY_ADDRESS) && m->address != address)
        return false;
    if ((m->fields & POLICY_BY_VENDOR) && m->vendor != vendor)
        return false;
    if ((m->fields & POLICY_BY_DEVICE) && m->device != device)
        return false;
    return !(m->fields & POLICY_BY_CLASS) || (class_code & m->class_mask) == m->class_value;
}

const struct policy_pci *policy_find_pci(const struct policy_tables *t, uint16_t address,
                                         uint16_t vendor, uint16_t device, uint32_t class_code)
{
    for (uint32_t i = 0; i < t->npci; i++)
        if (policy_pci_matches(&t->pci[i].match, address, vendor, device, class_code))
            return &t->pci[i];
    return NULL;
}

const struct policy_service *policy_find_service(const struct policy_tables *t, const char *name)
{
    for (uint32_t i = 0; i < t->nservices; i++)
        if (strcmp(t->services[i].name, name) == 0)
            return &t->services[i];
    return NULL;
}
