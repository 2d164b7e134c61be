/* SPDX-License-Identifier: BSD-2-Clause */
/* Bringing a loaded namespace to life (ACPI 6.5, 6.5.1 _INI, 6.3.7 _STA, 6.5.4 _REG). */
#include "internal.h"

#include <string.h>

#define STA_PRESENT 0x01u
#define STA_FUNCTIONING 0x08u
#define STA_MISSING UINT32_MAX

static result run(struct aml *aml, struct aml_node *node, struct aml_object *const *args,
                  unsigned int count, struct aml_object **value)
{
    struct entry entry;
    result r;

    entry_begin(aml, &entry);
    r = evaluate_node(aml, node, args, count, value);
    if (r == AML_OK && *value) {
        object_ref(*value);
    }
    entry_end(aml, &entry);
    return r;
}

static void run_silently(struct aml *aml, struct aml_node *node, struct aml_object *const *args,
                         unsigned int count)
{
    struct aml_object *value = NULL;

    if (run(aml, node, args, count, &value) == AML_OK) {
        object_unref(aml, value);
    }
}

static bool is_device(const struct aml_node *node)
{
    return node->type == AML_T_DEVICE || node->type == AML_T_PROCESSOR ||
           node->type == AML_T_THERMAL;
}

static void connect_space(struct aml *aml, struct aml_node *scope, uint32_t space)
{
    struct aml_node *reg = node_child(aml, scope, NAME('_', 'R', 'E', 'G'));
    struct aml_object *args[2];
    uint32_t mark = aml->pool_count;

    if (!reg) {
        return;
    }
    args[0] = object_integer(aml, space);
    args[1] = object_integer(aml, 1);
    if (args[0] && args[1]) {
        run_silently(aml, reg, args, 2);
    }
    pool_drain(aml, mark);
}

/* Memory and I/O can be used always, without _REG. */
static bool is_always_there(const struct aml *aml, uint8_t space)
{
    return space == AML_SPACE_SYSTEM_MEMORY || space == AML_SPACE_SYSTEM_IO ||
           (space == AML_SPACE_PCI_CONFIG && aml->pci_without_reg);
}

/* _REG beside a region: its space can be used from now on. */
void run_reg(struct aml *aml, struct aml_object *region)
{
    struct aml_node *node = region->u.region.node;
    uint8_t space = region->u.region.space;

    if (!node || (region->flags & OBJ_REG_DONE) || !aml->handler[space].fn ||
        is_always_there(aml, space)) {
        return;
    }
    region->flags |= OBJ_REG_DONE;
    connect_space(aml, node->parent, space);
}

/* An EC without regions directly below it still wants to know (ACPI 6.5, 6.5.4). */
static void connect_orphan_ec(struct aml *aml, struct aml_node *ec)
{
    for (struct aml_node *node = ec->child; node; node = node->next) {
        if (node->type == AML_T_REGION && node->object &&
            node->object->u.region.space == AML_SPACE_EC) {
            return;
        }
    }
    connect_space(aml, ec, AML_SPACE_EC);
}

/* _REG for all regions of SPACE below TOP. */
static void connect_regions(struct aml *aml, struct aml_node *top, uint32_t space)
{
    struct aml_node *node = node_after(top, top, true);

    while (node) {
        struct aml_object *region = node->object;
        bool dead = false;

        if (node->type == AML_T_REGION && region && region->type == AML_T_REGION &&
            region->u.region.space == space) {
            node_ref(node);
            run_reg(aml, region);
            dead = node->flags & NODE_DEAD;
            node_unref(aml, node);
        }
        if (dead) {
            return;
        }
        node = node_after(top, node, true);
    }
}

/* Marks every node on the way to a device with an _INI, so that others need not be looked at. */
static void mark_ini(struct aml *aml)
{
    for (struct aml_node *node = aml->root->child; node; node = node_after(aml->root, node, true)) {
        if (node->name == NAME('_', 'I', 'N', 'I') && is_device(node->parent)) {
            for (struct aml_node *up = node->parent; up; up = up->parent) {
                up->flags |= NODE_HAS_INI;
            }
        }
    }
}

static result status_of(struct aml *aml, struct aml_node *device, uint32_t *status)
{
    struct aml_node *sta = node_child(aml, device, NAME('_', 'S', 'T', 'A'));
    struct aml_object *value = NULL;
    result r;

    *status = STA_MISSING;
    if (!sta) {
        return AML_OK;
    }
    TRY(run(aml, sta, NULL, 0, &value));
    r = value && value->type == AML_T_INTEGER ? AML_OK : AML_TYPE;
    if (r == AML_OK) {
        *status = (uint32_t)value->u.integer;
    }
    object_unref(aml, value);
    return r;
}

#define EISA_PNP0C09 0x090CD041u

static bool names_ec(const struct aml_object *id)
{
    switch (id ? id->type : AML_T_ANY) {
    case AML_T_INTEGER:
        return id->u.integer == EISA_PNP0C09;
    case AML_T_STRING:
        return strcmp((const char *)id->u.blob.data, "PNP0C09") == 0;
    case AML_T_PACKAGE:
        for (uint32_t i = 0; i < id->u.package.count; i++) {
            const struct aml_object *element = id->u.package.elements[i];

            if (element && element->type != AML_T_PACKAGE && names_ec(element)) {
                return true;
            }
        }
        return false;
    default:
        return false;
    }
}

enum visit { VISIT_CHILDREN, VISIT_PAST };

/* Does the ID object called NAME say that this is an embedded controller? */
static enum visit ask_id(struct aml *aml, struct aml_node *device, uint32_t name, bool *found)
{
    struct aml_node *node = node_child(aml, device, name);
    struct aml_object *value = NULL;
    bool usable;

    *found = false;
    if (!node) {
        return VISIT_CHILDREN;
    }
    if (run(aml, node, NULL, 0, &value) != AML_OK || !value) {
        return VISIT_PAST;
    }
    *found = names_ec(value);
    usable =
        value->type == AML_T_INTEGER || value->type == AML_T_STRING || value->type == AML_T_PACKAGE;
    object_unref(aml, value);
    return usable ? VISIT_CHILDREN : VISIT_PAST;
}

/* An embedded controller that is present gets its _REG called before anything else runs. */
static enum visit connect_ec(struct aml *aml, struct aml_node *device)
{
    bool found = false;
    uint32_t status;

    if (!node_child(aml, device, NAME('_', 'H', 'I', 'D')) ||
        ask_id(aml, device, NAME('_', 'H', 'I', 'D'), &found) == VISIT_PAST) {
        return node_child(aml, device, NAME('_', 'H', 'I', 'D')) ? VISIT_PAST : VISIT_CHILDREN;
    }
    if (!found && ask_id(aml, device, NAME('_', 'C', 'I', 'D'), &found) == VISIT_PAST) {
        return VISIT_PAST;
    }
    if (!found) {
        return VISIT_CHILDREN;
    }
    if (status_of(aml, device, &status) != AML_OK || !(status & (STA_PRESENT | STA_FUNCTIONING))) {
        return VISIT_PAST;
    }
    connect_regions(aml, device, AML_SPACE_EC);
    connect_orphan_ec(aml, device);
    return VISIT_CHILDREN;
}

/* Returns whether the device's children are to be looked at. */
static enum visit start_device(struct aml *aml, struct aml_node *device)
{
    struct aml_node *ini;
    uint32_t status;

    if (!is_device(device)) {
        return VISIT_CHILDREN;
    }
    if (!(device->flags & NODE_HAS_INI)) {
        return VISIT_PAST;
    }
    if (status_of(aml, device, &status) != AML_OK) {
        return VISIT_CHILDREN;
    }
    if (!(status & STA_PRESENT)) {
        return status & STA_FUNCTIONING ? VISIT_CHILDREN : VISIT_PAST;
    }
    ini = node_child(aml, device, NAME('_', 'I', 'N', 'I'));
    if (ini && (device->name != NAME('_', 'S', 'B', '_') || device->parent != aml->root)) {
        run_silently(aml, ini, NULL, 0);
    }
    return VISIT_CHILDREN;
}

/* Calls FN for every node, parents first; it may change the namespace, but a node that removes
 * itself ends the walk. */
static void visit_all(struct aml *aml, enum visit (*fn)(struct aml *aml, struct aml_node *node),
                      bool devices_only)
{
    struct aml_node *node = aml->root->child;

    while (node) {
        enum visit next = VISIT_CHILDREN;
        bool dead;

        node_ref(node);
        if (!devices_only || node->type == AML_T_DEVICE) {
            next = fn(aml, node);
        }
        dead = node->flags & NODE_DEAD;
        node_unref(aml, node);
        if (dead) {
            return;
        }
        node = node_after(aml->root, node, next == VISIT_CHILDREN);
    }
}

void aml_initialize(struct aml *aml)
{
    static const uint8_t early[] = {
        AML_SPACE_SMBUS, AML_SPACE_CMOS, AML_SPACE_PCI_BAR, AML_SPACE_IPMI, AML_SPACE_GPIO,
        AML_SPACE_GSBUS, AML_SPACE_PCC,  AML_SPACE_FFH,     0x80,
    };
    struct aml_node *ini;
    struct aml_node *sb = node_child(aml, aml->root, NAME('_', 'S', 'B', '_'));

    aml->initialized = true;
    visit_all(aml, connect_ec, true);
    for (unsigned int i = 0; i < sizeof(early); i++) {
        connect_regions(aml, aml->root, early[i]);
    }
    mark_ini(aml);
    ini = node_child(aml, aml->root, NAME('_', 'I', 'N', 'I'));
    if (ini) {
        run_silently(aml, ini, NULL, 0);
    }
    ini = sb ? node_child(aml, sb, NAME('_', 'I', 'N', 'I')) : NULL;
    if (ini) {
        run_silently(aml, ini, NULL, 0);
    }
    connect_regions(aml, aml->root, AML_SPACE_PCI_CONFIG);
    for (uint32_t space = 0x81; space < AML_SPACE_COUNT; space++) {
        if (aml->handler[space].fn) {
            connect_regions(aml, aml->root, space);
        }
    }
    visit_all(aml, start_device, false);
}
