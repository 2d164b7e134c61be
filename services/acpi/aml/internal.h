/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the interpreter: objects, nodes, the activation of a method ("walk"), and what each file
 * offers the others.
 *
 * Ownership. Objects and nodes are counted. A new object belongs to the release pool, which the
 * statement loop empties after every statement; code that keeps an object past its statement takes
 * a count of its own. So operators never free anything and cannot leak on an error path.
 */
#ifndef WEIR_ACPI_AML_INTERNAL_H
#define WEIR_ACPI_AML_INTERNAL_H

#include "aml.h"

#define NAME(a, b, c, d) \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

/* Flow of control through the C recursion; beyond the public codes. */
enum flow {
    FLOW_RETURN = AML_STATUS_COUNT, /* Return: walk->ret holds the value */
    FLOW_BREAK,
    FLOW_CONTINUE,
    FLOW_UNWIND,  /* table level: give up nested scopes, go on with the next statement */
    FLOW_SKIPPED, /* table level: a named block was skipped, see exec_list() */
    FLOW_ABORT    /* table level: the load fails with aml->abort_status */
};

/* Public codes and flow codes share one int, so that a single test for OK covers both. */
typedef int result;

#define TRY(expression) \
    do { \
        result try_ = (expression); \
        if (try_ != AML_OK) { \
            return try_; \
        } \
    } while (0)

enum ref_class {
    REF_LOCAL, /* operand: LocalX of the running method */
    REF_ARG,
    REF_NODE, /* operand: a name that stands for itself (target, super name) */
    REF_DEBUG,
    REF_OF,    /* RefOf/CondRefOf value: node, or a slot of a frame */
    REF_INDEX, /* Index value: element of a package, byte of a buffer or string */
    REF_NAME,  /* package element: a path, resolved or not yet */
    REF_TABLE  /* DDBHandle of Load and LoadTable */
};

enum {
    OBJ_CONSTANT = 1 << 0,     /* Zero, One, Ones: storing to it is ignored */
    OBJ_STATIC = 1 << 1,       /* string bytes lie in the table */
    OBJ_READY = 1 << 2,        /* region, buffer field, package: arguments evaluated */
    OBJ_CREATE_FIELD = 1 << 3, /* made by CreateField: always reads as a buffer */
    OBJ_REG_DONE = 1 << 4,     /* region: _REG(space, 1) has run */
    OBJ_RESOLVED = 1 << 5      /* REF_NAME: node is what it names, not the scope to search from */
};

struct table {
    struct table *next;
    const uint8_t *bytes;
    uint32_t size;
    uint32_t id;                    /* owner of the nodes it creates; 1 and up */
    bool loaded;
    bool owned;                     /* bytes were copied by Load */
    bool unloaded;                  /* brought by Load, taken away by Unload */
    bool gone;                      /* brought by Load, which failed: not found any more */
};

struct aml_node {
    uint32_t name;
    uint8_t type;                   /* enum aml_type */
    uint8_t flags;
    uint16_t pad;
    uint32_t owner;                 /* table id, or a method activation's id */
    uint32_t refs;                  /* one while in the tree, one per reference object */
    struct aml_node *parent;
    struct aml_node *child, *last;  /* children in order of creation */
    struct aml_node *next;
    struct aml_node *chain;         /* hash chain */
    struct aml_object *object;      /* counted; aliases: NULL */
    struct aml_node *target;        /* aliases: counted */
};

enum {
    NODE_DEAD = 1 << 0,             /* out of the tree; kept for those who still refer to it */
    NODE_HAS_INI = 1 << 1           /* a device at or below has an _INI */
};

struct aml_object {
    uint32_t refs;
    uint8_t type;
    uint8_t flags;
    uint8_t cls;                    /* enum ref_class */
    uint8_t aux; /* REF_INDEX: AML_T_PACKAGE or AML_T_BUFFER_FIELD; REF_LOCAL/ARG: number */
    union {
        uint64_t integer;
        struct {
            uint8_t *data;          /* strings: NUL-terminated */
            uint32_t length;
            uint32_t capacity;      /* bytes allocated; 0 if none or static */
            uint32_t name;          /* the Name() it was made for, shown in listings */
        } blob;
        struct {
            struct aml_object **elements;
            uint32_t count;
        } package;
        struct {
            struct aml_object
                *object; /* REF_INDEX: container; REF_OF a local: its frame; counted */
            struct aml_node *node;      /* REF_NODE, REF_OF, REF_NAME; counted */
            const uint8_t *path;        /* REF_NAME unresolved: the name string in the table */
            uint32_t index;             /* REF_INDEX; REF_OF a local: slot; REF_TABLE: table id */
            uint32_t path_size;
        } ref;
        struct {
            uint64_t address;
            uint32_t length;
            uint8_t space;
            struct aml_node *node;      /* not counted; cleared when the node goes */
            uint8_t *pcc;               /* PCC: the shadow of the shared memory, LENGTH bytes */
            const uint8_t *table;       /* DataTableRegion */
        } region;
        struct {
            struct aml_object *first;   /* region, index register or buffer; counted */
            struct aml_object *second;  /* bank or data register; counted */
            const uint8_t *connection;
            uint32_t connection_length;
            uint32_t base;              /* byte offset of the first access */
            uint32_t bits;
            uint32_t value;             /* bank value; index of the first access */
            uint32_t name;
            uint16_t pin;
            uint8_t start;              /* bit offset from base */
            uint8_t width;              /* bytes per access */
            uint8_t field_flags;        /* ACPI 6.5, 20.2.5.2, FieldFlags */
            uint8_t attribute;
            uint8_t access_length;
        } field;
        struct {
            const struct table *table;
            const uint8_t *body;
            uint32_t size;
            uint32_t owner;             /* of what the running activations create */
            uint8_t args;
            uint8_t serialized;
            uint8_t sync_level;
            uint8_t builtin;            /* _OSI */
            uint16_t depth;             /* activations */
            uint16_t lock_depth;
            uint8_t saved_level;
            uint8_t modified;           /* has created names outside itself */
        } method;
        struct {
            uint32_t depth;
            uint8_t sync_level;
            uint8_t saved_level;
            struct aml_object *next;    /* list of the held ones; not counted */
        } mutex;
        struct {
            uint32_t signals;
        } event;
        struct {
            uint64_t pblk;
            uint8_t id, length;         /* Power: system level */
            uint16_t order;
        } processor;
        struct {
            struct aml_object *slot[15];    /* 0..7 locals, 8..14 arguments */
            uint8_t type[15]; /* what a store through RefOf() left there, see store.c */
        } frame;
    } u;
};

#define SLOT_ARG 8

#define CONTROL_MAX 64

/* An activation: a method, or a table that is being loaded. */
struct walk {
    struct aml *aml;
    struct walk *caller;
    const struct table *table;
    const uint8_t *code;
    uint32_t pc, end;
    struct aml_node *scope;         /* where names are searched from and created */
    struct aml_node *method_node;
    struct aml_object *method;      /* NULL at table level */
    struct aml_object *frame;
    struct aml_object *ret;         /* counted */
    uint32_t owner;
    bool module;                    /* table level */
    bool predicate;                 /* last If, for Else */
    bool parse_error; /* the error on its way came from resolving an argument's name */
    uint16_t opcode;                /* the operator being executed */
    uint32_t skipped_at;            /* FLOW_SKIPPED: where the name ended */
    /* Open If and While blocks at table level, where an error leaves them open. */
    uint32_t controls;
    uint32_t control[CONTROL_MAX];  /* offsets of their opcodes */
};

struct block {
    struct block *next, *prev;
    size_t size;
};

#define SIZE_CLASSES 17             /* blocks of 16 to 256 bytes */

struct handler {
    aml_access_fn fn;
    void *ctx;
};

struct aml {
    struct aml_hooks hooks;
    struct aml_limits limits;
    bool relaxed;
    bool pci_without_reg;
    bool initialized;

    /* memory.c */
    void *free_list[SIZE_CLASSES];
    uint8_t *chunk, *chunk_end;
    struct block chunks, large;
    size_t memory_now, memory_peak;

    /* object.c: the release pool */
    struct aml_object **pool;
    uint32_t pool_count, pool_size;
    unsigned int freeing;           /* nesting of object_unref() */

    /* namespace.c */
    struct aml_node *root;
    struct aml_node **buckets;
    uint32_t bucket_mask;
    uint32_t node_count;

    struct table *tables;
    uint32_t next_id;
    uint32_t integer_bytes; /* 4 if the DSDT's revision is below 2, else 8 (ACPI 6.5, 19.6.30) */
    bool dsdt_seen;

    struct handler handler[AML_SPACE_COUNT];
    struct walk *walk;              /* the innermost activation */
    struct aml_object *held;        /* mutexes held, last acquired first */
    uint8_t sync_level;

    const char *stack_base;
    uint64_t opcodes, opcode_limit;
    uint64_t clock_us;              /* own clock: opcodes plus sleeps */
    unsigned int errors;
    enum aml_status abort_status;
};

/* memory.c */
void memory_init(struct aml *aml);
void *memory_get(struct aml *aml, size_t size);             /* zeroed; NULL at the limit */
void memory_put(struct aml *aml, void *p, size_t size);
void memory_drop_all(struct aml *aml);

/* object.c */
struct aml_object *object_new(struct aml *aml, enum aml_type type);     /* in the pool */
struct aml_object *object_integer(struct aml *aml, uint64_t value); /* cut to the table's width */
struct aml_object *object_number(struct aml *aml, uint64_t value);      /* as it is */
struct aml_object *object_blob(struct aml *aml, enum aml_type type, const void *data,
                               uint32_t length);
struct aml_object *object_package(struct aml *aml, uint32_t count);
struct aml_object *object_node_ref(struct aml *aml, enum ref_class cls, struct aml_node *node);
void object_ref(struct aml_object *object);
void object_unref(struct aml *aml, struct aml_object *object);
struct aml_object *object_hold(struct aml *aml,
                               struct aml_object *object); /* counted and put into the pool */
void pool_drain(struct aml *aml, uint32_t mark);
struct aml_object *object_copy(struct aml *aml, struct aml_object *object);
result blob_writable(struct aml *aml, struct aml_object *object, uint32_t capacity);
uint64_t integer_mask(const struct aml *aml);
void slot_set(struct aml *aml, struct aml_object **slot, struct aml_object *object);

/* namespace.c */
result namespace_init(struct aml *aml);
struct aml_node *node_child(const struct aml *aml, const struct aml_node *parent, uint32_t name);
struct aml_node *node_new(struct aml *aml, struct aml_node *parent, uint32_t name,
                          enum aml_type type);
void node_ref(struct aml_node *node);
void node_unref(struct aml *aml, struct aml_node *node);
void node_remove(struct aml *aml, struct aml_node *node);
void node_remove_children(struct aml *aml, struct aml_node *node);
void node_remove_owned(struct aml *aml, uint32_t owner);
void node_detach(struct aml *aml, struct aml_node *node);
void node_attach(struct aml *aml, struct aml_node *node, struct aml_object *object);
bool type_opens_scope(enum aml_type type);
struct aml_node *node_after(const struct aml_node *top, const struct aml_node *node, bool descend);

/* name.c */
struct path {
    const uint8_t *segments;
    uint32_t count;
    uint32_t carets;
    bool root;
    bool null;                      /* a single 0 byte */
    uint32_t size;                  /* bytes of the encoding */
};

bool is_name_start(uint8_t byte);
bool path_parse(const uint8_t *p, uint32_t available, struct path *path);
enum {
    FIND_SEARCH = 1 << 0,           /* search rules of ACPI 6.5, 5.3 */
    FIND_EXACT = 1 << 1             /* start at the node itself even if it opens no scope */
};
struct aml_node *path_find(struct aml *aml, struct aml_node *scope, const struct path *path,
                           unsigned int flags);
result path_create(struct walk *w, const struct path *path, enum aml_type type,
                   struct aml_node **node);
struct path path_segment(const uint8_t *name);
void path_text(const struct path *path, char *text, size_t size);
/* From "\_SB.PCI0" or "^FOO"; encodes into BUFFER for path_find(). */
bool path_from_text(const char *text, size_t length, uint8_t buffer[260], struct path *path);

/* trace.c */
result fail(struct walk *w, enum aml_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void report(struct aml *aml, bool is_error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void trace(struct aml *aml, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* exec.c */
result exec_list(struct walk *w, uint32_t end);
result exec_statement(struct walk *w);
bool declares_name(uint16_t opcode);
bool is_statement(uint16_t opcode);
result exec_table(struct aml *aml, const struct table *table, struct aml_node *scope);
result call_method(struct aml *aml, struct aml_node *node, struct aml_object *method,
                   struct aml_object **args, unsigned int count, struct aml_object **value);
result check_limits(struct aml *aml);
bool soft_error(const struct walk *w, result r);
void enter_scope(struct walk *w, struct aml_node *node, struct aml_node **previous);
result leave_scope(struct walk *w, struct aml_node *previous, result r);

/* term.c */
/* Any term in value position; *VALUE is NULL if it has none. TARGET: a bare name stands for its
 * node. */
result eval_term(struct walk *w, bool target, bool want_node, struct aml_object **value);
/* The plain form; an error if there is no value. */
result eval_operand(struct walk *w, struct aml_object **value);
result eval_value(struct walk *w, struct aml_object **value); /* resolved; error if there is none */
result eval_integer(struct walk *w, uint64_t *value);
result eval_super(struct walk *w, bool may_call, bool target, bool may_be_missing,
                  struct aml_object **value);

/* resolve.c */
result resolve_value(struct walk *w, struct aml_object **object);
result resolve_node(struct aml *aml, struct walk *w, struct aml_node *node,
                    struct aml_object **value);
result resolve_operands(struct walk *w, const char *kinds, struct aml_object **operand);

/* stream.c */
uint16_t peek_opcode(const struct walk *w);
bool fetch_byte(struct walk *w, uint8_t *value);
bool fetch_integer(struct walk *w, unsigned int bytes, uint64_t *value);
bool fetch_package_end(struct walk *w, uint32_t *end);
bool fetch_path(struct walk *w, struct path *path);
uint64_t load_le(const uint8_t *p, unsigned int bytes);
void store_le(uint8_t *p, uint64_t value, unsigned int bytes);

/* The type that an operand counts as: a name that stands for itself counts as what it names. */
static inline unsigned int operand_type(const struct aml_object *object)
{
    return object->type == AML_T_REFERENCE && object->cls == REF_NODE ? object->u.ref.node->type
                                                                      : object->type;
}

static inline bool is_field(unsigned int type)
{
    return type == AML_T_BUFFER_FIELD || type == AML_T_REGION_FIELD || type == AML_T_BANK_FIELD ||
           type == AML_T_INDEX_FIELD;
}

static inline bool is_ref(const struct aml_object *object, enum ref_class cls)
{
    return object->type == AML_T_REFERENCE && object->cls == cls;
}

/* define.c, field.c, region.c, package.c, control.c: statements with their own syntax */
result create_failed(struct walk *w, result r, const struct path *path, uint32_t start,
                     bool opens_scope);
result define_scope(struct walk *w, uint32_t start);
result define_device(struct walk *w, enum aml_type type, uint32_t start);
result define_name(struct walk *w);
result define_alias(struct walk *w);
result define_method(struct walk *w, uint32_t start);
result define_mutex(struct walk *w);
result define_event(struct walk *w);
result define_external(struct walk *w);
result define_region(struct walk *w);
result define_data_region(struct walk *w);
result define_field(struct walk *w);
result define_index_field(struct walk *w);
result define_bank_field(struct walk *w);
result define_buffer_field(struct walk *w, uint16_t opcode);
result make_buffer(struct walk *w, uint32_t name, struct aml_object **value);
result make_package(struct walk *w, bool variable, struct aml_object **value);
result control_if(struct walk *w, uint32_t start);
result control_else(struct walk *w);
result control_while(struct walk *w, uint32_t start);
result control_return(struct walk *w);

void package_finish(struct aml *aml, struct aml_object *package);
void field_prepare(struct aml_object *field, uint8_t field_flags, uint64_t bit, uint32_t bits);

/* region.c, fieldio.c */
result region_access(struct aml *aml, struct aml_object *region, struct aml_object *field,
                     bool write, uint32_t offset, uint32_t bits, uint8_t *data, size_t size);
void region_connect(struct aml *aml, struct aml_object *region);
result field_read(struct aml *aml, struct aml_object *field, struct aml_object **value);
result field_write(struct aml *aml, struct aml_object *field, struct aml_object *value,
                   struct aml_object **out);
result bits_read(struct aml *aml, struct aml_object *field, uint8_t *buffer, uint32_t length);
result bits_write(struct aml *aml, struct aml_object *field, const uint8_t *buffer,
                  uint32_t length);
bool serial_space(uint8_t space);
/* Fields of these spaces are messages or pins: there is no access of the field's width. */
bool message_space(uint8_t space);
result serial_read(struct aml *aml, struct aml_object *field, struct aml_object **value);
result serial_write(struct aml *aml, struct aml_object *field, struct aml_object *value,
                    struct aml_object **out);

/* convert.c */
enum to_string { STRING_IMPLICIT, STRING_HEX, STRING_DECIMAL };
uint32_t text_length(const struct aml_object *string);
result to_integer(struct aml *aml, struct aml_object *object, bool implicit,
                  struct aml_object **value);
result to_buffer(struct aml *aml, struct aml_object *object, struct aml_object **value);
result to_string(struct aml *aml, struct aml_object *object, enum to_string how,
                 struct aml_object **value);

/* store.c */
result store(struct walk *w, struct aml_object *source, struct aml_object *target, char kind,
             struct aml_object **out);
result store_to_node(struct walk *w, struct aml_object *source, struct aml_node *node, bool convert,
                     char kind, struct aml_object **out);

/* sync.c */
result method_lock(struct aml *aml, struct aml_object *method);
void method_unlock(struct aml *aml, struct aml_object *method);
void mutexes_release_from(struct aml *aml, struct aml_object *mark);

/* load.c */
result table_load(struct aml *aml, struct table *table, struct aml_node *scope);
result table_add(struct aml *aml, const uint8_t *bytes, size_t size, bool owned,
                 struct table **out);
struct table *table_by_id(struct aml *aml, uint32_t id);
struct table *table_find(struct aml *aml, const uint8_t *signature, const uint8_t *oem,
                         uint32_t oem_size, const uint8_t *oem_table, uint32_t oem_table_size);
void finish_objects(struct aml *aml);

/* evaluate.c */
result evaluate_node(struct aml *aml, struct aml_node *node, struct aml_object *const *args,
                     unsigned int count, struct aml_object **value);
/* An entry from outside: limits start anew, and what was acquired is released at the end. */
struct entry {
    const char *stack_base;
    struct aml_object *held;
    uint64_t opcode_limit;
    uint32_t mark;
    uint8_t sync_level;
};
void entry_begin(struct aml *aml, struct entry *entry);
void entry_end(struct aml *aml, const struct entry *entry);

/* init.c */
void run_reg(struct aml *aml, struct aml_object *region);

/* osi.c */
result osi_call(struct aml *aml, struct aml_object *argument, struct aml_object **value);

#include "opcode.h"

#endif
