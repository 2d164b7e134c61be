/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the policy library share. */
#ifndef POLICY_INTERNAL_H
#define POLICY_INTERNAL_H

#include <lauxlib.h>
#include <lua.h>

#include "heap.h"
#include "policy.h"

/* One rule as the policy states it, before precedence is resolved. */
struct rule {
    uint64_t first, last;
    uint64_t value;
    struct policy_pci_match pci; /* mmio relative to a BAR, and pci */
    uint32_t line, limit;
    uint16_t callback;
    uint8_t action, flags;
    uint8_t bar; /* mmio only, else POLICY_NO_BAR */
};

struct rule_list {
    struct rule *rules;
    uint32_t n, max;
};

enum rule_kind {
    RULE_IO = POLICY_KIND_IO,
    RULE_MMIO = POLICY_KIND_MMIO,
    RULE_MSR = POLICY_KIND_MSR,
    RULE_PCI,
    RULE_KINDS
};

struct callback {
    uint32_t line;
    uint32_t failures;
    uint8_t kind, flags; /* enum policy_kind; POLICY_F_ERROR_PASS counts here */
};
#define POLICY_KIND_SERVICE POLICY_KINDS /* on.service_failed; no access asks for it */

enum policy_phase {
    PHASE_NEW,     /* nothing loaded */
    PHASE_RULES,   /* the policy's text runs and makes rules */
    PHASE_SERVING, /* callbacks run */
    PHASE_DEAD,    /* the load failed */
};

/* Why Lua has to stop, whatever pcall says. */
enum stop {
    STOP_NO = 0,
    STOP_WORK,   /* ran too long */
    STOP_STRING, /* one string too long */
    STOP_BLOCK,  /* one object too large */
    STOP_MEMORY, /* the heap is full */
    STOP_RULE,   /* a rule or setting is wrong; the message was raised already */
};

struct policy {
    lua_State *L;
    struct heap heap;
    policy_sink *sink;
    void *context;
    enum policy_phase phase;

    /* limits.c */
    enum stop stop;
    uint64_t work, budget;
    uint32_t line; /* the last line begun; kept while the text is evaluated only */

    /* What the text said so far. */
    struct policy_tables *tables; /* settings go straight into it; the rest when rules.c resolves */
    struct rule_list lists[RULE_KINDS];
    struct callback callbacks[POLICY_MAX_CALLBACKS];
    uint32_t ncallbacks;
    uint32_t service_failed; /* on.service_failed's callback + 1, 0: none */
    char name[256]; /* for messages */
};

static inline struct policy *policy_of(lua_State *L)
{
    return *(struct policy **)lua_getextraspace(L);
}

/* ---- limits.c: memory and time ---- */

/* Work units: one VM instruction is one, 16 bytes of allocation or of a library function's operands
 * are one. */
#define WORK_EVALUATE 1000000u
#define WORK_CALLBACK 50000u
#define MAX_STRING 4096u       /* no comparison or copy within one VM instruction takes long */
#define MAX_BLOCK (192u << 10) /* nor does a table's; also bounds Lua's stack */

/* lua_Alloc; ud is the policy. */
void *limits_alloc(void *ud, void *old, size_t old_bytes, size_t bytes);

/* Starts a budget. lines: keep p->line up to date, which costs a call per line. */
void limits_begin(struct policy *p, uint64_t budget, bool lines);

/* Takes work off the budget from within a C function of ours; raises if it is used up. */
void limits_charge(lua_State *L, uint64_t work);

/* pcall that cannot swallow a limit. */
int limits_pcall(lua_State *L);

/* What to say about p->stop, or about a LUA_ERRMEM without one. */
const char *limits_reason(const struct policy *p);

/* ---- messages.c: errors and lines for people ---- */

/* Raises "name:line: reason" for the policy's line that is being run; pcall does not swallow it. */
__attribute__((noreturn, format(printf, 2, 3))) void raise_rule(lua_State *L, const char *format,
                                                                ...);

/* Raises "policy:line: text", the same for our own errors that are not about rules. */
__attribute__((noreturn)) void raise_located(lua_State *L, const char *text);

/* The line of the policy that runs now, 0 if none does. */
uint32_t current_line(lua_State *L);

/* Message handler: makes any error object "policy:line: reason". */
int message_handler(lua_State *L);

/* Fills *error from a handled message or a status of lua_pcall. */
void describe_error(struct policy *p, int status, uint32_t fallback_line,
                    struct policy_error *error);
__attribute__((format(printf, 4, 5))) void set_error(const struct policy *p,
                                                     struct policy_error *error, uint32_t line,
                                                     const char *format, ...);

/* Hands one line to the sink: unprintable bytes become '?', the rest beyond 1,023 bytes is cut. */
void say(const struct policy *p, const char *text, size_t bytes);

/* ---- sandbox.c, schema.c: what a policy can name ---- */

/* Pushes a table with the functions of Lua that a policy may use. */
void sandbox_open(lua_State *L);

/* Pushes the policy's globals: these functions, the sections and the constants. */
void push_environment(lua_State *L);

/* Pushes a value that gives members of the table on top (which it replaces) and refuses all else by
 * name. */
void push_namespace(lua_State *L, const char *name);

/* pass or deny at index? */
bool is_verdict(lua_State *L, int index, enum policy_action *action);
void push_verdict(lua_State *L, enum policy_action action);

/* One per file section_*.c: pushes the section's value. */
void section_io(lua_State *L);
void section_mmio(lua_State *L);
void section_msr(lua_State *L);
void section_pci(lua_State *L);
void section_guest(lua_State *L);
void section_console(lua_State *L);
void section_service(lua_State *L);
void section_control(lua_State *L);
void section_on(lua_State *L);
void section_storage(lua_State *L);

/* section_storage.c: module("NAME") makes a value that names a boot module. */
int module_name(lua_State *L);

/* storage_ranges.c: the key `ranges` of storage.encrypt. Adds to p->tables->ranges and fills
 * first_range and nranges of *e. */
struct args;
void storage_ranges(const struct args *a, struct policy_storage *e);

/* The shared halves of io.*, mmio.* and msr.* and of on.*: read the range and add a rule like this
 * one for it. */
struct args;
#define MMIO_KEYS "address", "size", "pci", PCI_KEYS, "bar", "offset"
void io_rules(const struct args *a, const struct rule *like);
void mmio_rule(const struct args *a, const struct rule *like);
void msr_rules(const struct args *a, const struct rule *like);

/* section_on.c: where the functions of callbacks are kept. */
void callbacks_open(lua_State *L);
void push_callback(lua_State *L, uint32_t id);

/* Writes the settings that hold where a policy says nothing. */
void guest_defaults(struct policy_tables *t);
void console_defaults(struct policy_tables *t);
void service_defaults(struct policy_tables *t);
void control_defaults(struct policy_tables *t);

/* Pushes a namespace of functions made from entries; each is a closure with the policy action and
 * flags as upvalues. */
struct verb {
    const char *name;
    lua_CFunction function;
    int action, flags;
};
void push_verbs(lua_State *L, const char *section, const struct verb *verbs, size_t n);
int verb_action(lua_State *L);
int verb_flags(lua_State *L);

/* ---- args.c: named arguments ---- */

/* What is being read, for messages: "io.deny". The argument table stands at index. */
struct args {
    lua_State *L;
    int index;
    char what[40];
};

/*
 * Checks that argument 1 is a table (the only argument) and has no key outside the NULL-terminated
 * list. All of these raise a rule error if something is wrong. `what` is printed as section.verb.
 */
void args_begin(struct args *a, lua_State *L, int index, const char *what, const char *const *keys);
__attribute__((noreturn, format(printf, 3, 4))) void args_bad(const struct args *a, const char *key,
                                                              const char *format, ...);
bool args_has(const struct args *a, const char *key);
/* Pushes the value of key; false, and nothing is pushed, if there is none. */
bool args_get(const struct args *a, const char *key);

/* A number or text like "3F8h". required: raise if it is missing, else `fallback`. */
uint64_t args_number(const struct args *a, const char *key, uint64_t min, uint64_t max,
                     uint64_t fallback);
uint64_t args_required(const struct args *a, const char *key, uint64_t min, uint64_t max);
bool args_flag(const struct args *a, const char *key, bool fallback);
/* Is it this text? False if it is missing or something else. */
bool args_is_word(const struct args *a, const char *key, const char *word);
/*
 * LOG_KEYS of a rule that can log: whether it does, unless its flags say so already, and how many
 * lines a second.
 */
#define LOG_KEYS "log", "limit"
void args_log(const struct args *a, struct rule *rule);
/* One of the NULL-terminated words; its index. */
unsigned args_word(const struct args *a, const char *key, const char *const *words,
                   unsigned fallback);

/* A number, "60h-64h, 70h", or a list of these: calls each(context, first, last) for every range.
 */
typedef void range_function(void *context, uint64_t first, uint64_t last);
void args_ranges(const struct args *a, const char *key, uint64_t max, range_function *each,
                 void *context);

/* The ranges of one text; `item` is where it stands there. */
typedef void text_range_function(void *context, uint64_t first, uint64_t last, const char *item);
struct text_form {
    const char *as; /* examples, for messages */
    bool open_end;  /* "5-" is allowed, its end is UINT64_MAX */
};
void args_text_ranges(const struct args *a, const char *key, const char *text, size_t length,
                      const struct text_form *form, text_range_function *each, void *context);

/*
 * Calls each(context) with every element of the list at key on top of the stack, or with the value
 * itself where it is no table. `example` is a list's inside, for messages.
 */
typedef void item_function(void *context);
void args_list(const struct args *a, const char *key, const char *example, item_function *each,
               void *context);

/* Selectors of PCI functions: the keys vendor, device, class, subclass, prog_if, class_mask, and
 * the bus address's. */
#define PCI_KEYS "vendor", "device", "class", "subclass", "prog_if", "class_code", "class_mask"
bool args_pci(const struct args *a, const char *address_key, struct policy_pci_match *m);

/* "60h", "0x60" or "96"; false if it is none of these or too large. Advances *s past it. */
bool parse_number(const char **s, uint64_t *value);
int hex_digit(char c); /* 0 to 15, or more if it is none */
/* The value at index if it is an integer, a float without fraction, or text that is a number and
 * nothing else. */
bool to_number(lua_State *L, int index, uint64_t *value);

/* ---- rules.c, resolve.c: from rules to tables ---- */

/* Appends a rule with the current line filled in; raises if there are too many or rules cannot be
 * made now. */
void add_rule(lua_State *L, enum rule_kind kind, const struct rule *rule);
void require_rules_phase(lua_State *L, const char *what);

/* Fills p->tables from the rules. false: *error says which two rules disagree or which limit was
 * met. */
must_check bool resolve(struct policy *p, struct policy_error *error);

/*
 * Resolves rules that lie in one space of numbers: where a range contains another the inner one
 * decides. Writes at most max ascending segments to out and their number to *n. WEIR_E_STATE: *a
 * and *b (indices) overlap without either containing the other, or are the same range, and differ;
 * WEIR_E_RANGE: more than max segments.
 */
must_check enum weir_status flatten(const struct rule *rules, uint32_t nrules, struct rule *out,
                                    uint32_t max, uint32_t *n, uint32_t *a, uint32_t *b);

/* Puts p->tables->storage in order of precedence. */
must_check bool resolve_storage(struct policy *p, struct policy_error *error);

/* Precedence of a selector: the larger decides. */
unsigned pci_rank(const struct policy_pci_match *m);
/* Can both match one function? */
bool pci_compatible(const struct policy_pci_match *a, const struct policy_pci_match *b);

#endif
