/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutexes, events, delays and notifications (ACPI 6.5, 19.6). An instance has one thread, so
 * nothing ever waits for somebody else; what remains are ownership, nesting and the order of sync
 * levels, which methods rely on.
 */
#include "internal.h"

result op_acquire(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    struct aml *aml = w->aml;
    struct aml_object *mutex = operand[0];

    if (aml->sync_level > mutex->u.mutex.sync_level) {
        return fail(w, AML_AML_MUTEX_ORDER, "Acquire at level %u, now at %u",
                    mutex->u.mutex.sync_level, aml->sync_level);
    }
    if (mutex->u.mutex.depth == UINT32_MAX) {
        return fail(w, AML_LIMIT, "Acquire");
    }
    if (mutex->u.mutex.depth++ == 0) {
        mutex->u.mutex.saved_level = aml->sync_level;
        mutex->u.mutex.next = aml->held;
        object_ref(mutex);
        aml->held = mutex;
        aml->sync_level = mutex->u.mutex.sync_level;
    }
    *value = object_integer(aml, 0);
    return *value ? AML_OK : AML_NO_MEMORY;
}

static void let_go(struct aml *aml, struct aml_object **link)
{
    struct aml_object *mutex = *link;

    *link = mutex->u.mutex.next;
    mutex->u.mutex.next = NULL;
    mutex->u.mutex.depth = 0;
    object_unref(aml, mutex);
}

result op_release(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    struct aml *aml = w->aml;
    struct aml_object *mutex = operand[0];
    struct aml_object **link;
    uint8_t level;

    *value = NULL;
    if (mutex->u.mutex.depth == 0) {
        return fail(w, AML_AML_MUTEX_NOT_ACQUIRED, "Release");
    }
    if (mutex->u.mutex.sync_level != aml->sync_level) {
        return fail(w, AML_AML_MUTEX_ORDER, "Release at level %u, now at %u",
                    mutex->u.mutex.sync_level, aml->sync_level);
    }
    if (--mutex->u.mutex.depth > 0) {
        return AML_OK;
    }
    level = aml->held->u.mutex.saved_level;
    for (link = &aml->held; *link && *link != mutex; link = &(*link)->u.mutex.next) {
        if ((*link)->u.mutex.next == mutex) {
            (*link)->u.mutex.saved_level = mutex->u.mutex.saved_level;
        }
    }
    if (*link) {
        let_go(aml, link);
    }
    aml->sync_level = level;
    return AML_OK;
}

/* Whatever an evaluation leaves acquired is released when it ends; MARK was on top when it began.
 */
void mutexes_release_from(struct aml *aml, struct aml_object *mark)
{
    while (aml->held && aml->held != mark) {
        let_go(aml, &aml->held);
    }
}

/* A Serialized method is a mutex of its own sync level around the body (19.6.83). */
result method_lock(struct aml *aml, struct aml_object *method)
{
    if (!method->u.method.serialized) {
        return AML_OK;
    }
    if (aml->sync_level > method->u.method.sync_level) {
        report(aml, true, "AE_AML_MUTEX_ORDER: method of level %u called at %u",
               method->u.method.sync_level, aml->sync_level);
        return AML_AML_MUTEX_ORDER;
    }
    if (method->u.method.lock_depth++ == 0) {
        method->u.method.saved_level = aml->sync_level;
        aml->sync_level = method->u.method.sync_level;
    }
    return AML_OK;
}

void method_unlock(struct aml *aml, struct aml_object *method)
{
    if (method->u.method.serialized && --method->u.method.lock_depth == 0) {
        aml->sync_level = method->u.method.saved_level;
    }
}

static result number(struct walk *w, uint64_t n, struct aml_object **value)
{
    *value = object_integer(w->aml, n);
    return *value ? AML_OK : AML_NO_MEMORY;
}

/* With one thread nobody can signal while we wait: either a signal is there, or the time runs out.
 */
result op_wait(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    if (operand[0]->u.event.signals > 0) {
        operand[0]->u.event.signals--;
        return number(w, 0, value);
    }
    w->aml->clock_us += (operand[1]->u.integer & 0xFFFF) * 1000;
    return number(w, UINT64_MAX, value);
}

result op_signal(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    (void)w;
    *value = NULL;
    if (operand[0]->u.event.signals < UINT32_MAX) {
        operand[0]->u.event.signals++;
    }
    return AML_OK;
}

result op_reset(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    (void)w;
    *value = NULL;
    operand[0]->u.event.signals = 0;
    return AML_OK;
}

result op_delay(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    enum { SLEEP_MAX_MS = 2000, STALL_MAX_US = 255 };
    uint64_t time = operand[0]->u.integer;

    *value = NULL;
    if (w->opcode == OP_STALL) {
        if ((uint32_t)time > STALL_MAX_US) {
            return fail(w, AML_AML_OPERAND_VALUE, "Stall for %u us", (uint32_t)time);
        }
        time = (uint32_t)time;
    } else {
        time = (time < SLEEP_MAX_MS ? time : SLEEP_MAX_MS) * 1000;
    }
    w->aml->clock_us += time;
    if (w->aml->hooks.sleep) {
        w->aml->hooks.sleep(w->aml->hooks.ctx, time);
    }
    return AML_OK;
}

result op_timer(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    struct aml *aml = w->aml;

    (void)operand;
    return number(w, aml->hooks.timer ? aml->hooks.timer(aml->hooks.ctx) : aml->clock_us * 10,
                  value);
}

/* Only names are taken, not arguments and locals that refer to devices; those in relaxed mode. */
result op_notify(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    struct aml *aml = w->aml;
    struct aml_object *object = operand[0];

    *value = NULL;
    if (w->aml->relaxed && object->type == AML_T_REFERENCE && !is_ref(object, REF_OF)) {
        TRY(resolve_value(w, &object));
    }
    if (!is_ref(object, REF_NODE) &&
        !(w->aml->relaxed && is_ref(object, REF_OF) && object->u.ref.node)) {
        return fail(w, AML_AML_OPERAND_TYPE, "Notify: %s", aml_type_name(operand_type(object)));
    }
    switch (object->u.ref.node->type) {
    case AML_T_DEVICE:
    case AML_T_PROCESSOR:
    case AML_T_THERMAL:
        break;
    default:
        return fail(w, AML_AML_OPERAND_TYPE, "Notify: %s", aml_type_name(object->u.ref.node->type));
    }
    if (aml->hooks.notify) {
        aml->hooks.notify(aml->hooks.ctx, object->u.ref.node, (uint32_t)operand[1]->u.integer);
    }
    return AML_OK;
}

/* The embedder decides what a fatal error means; the method goes on. */
result op_fatal(struct walk *w, struct aml_object **operand, struct aml_object **value)
{
    struct aml *aml = w->aml;

    *value = NULL;
    if (aml->hooks.fatal) {
        aml->hooks.fatal(aml->hooks.ctx, (uint32_t)operand[0]->u.integer,
                         (uint32_t)operand[1]->u.integer, (uint32_t)operand[2]->u.integer);
    }
    return AML_OK;
}
