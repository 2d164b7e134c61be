/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AML interpreter (ACPI 6.5, chapters 5, 19 and 20): the public interface.
 *
 * An instance holds one namespace. It has no global state, allocates only from its own budget, and
 * takes every table as hostile input. An instance is used by one thread at a time; two instances
 * are independent. Strings that come in are copied; table bytes are not: they must stay readable
 * and unchanged until aml_destroy().
 */
#ifndef WEIR_ACPI_AML_H
#define WEIR_ACPI_AML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AML_MUST_CHECK __attribute__((warn_unused_result))

/*
 * The names follow the exception codes that ACPI implementations print, so that logs can be
 * compared. Those that say that AML itself did something wrong come last, from AML_BAD_OPCODE on.
 */
#define AML_STATUS_LIST(X) \
    X(OK) \
    X(NO_MEMORY) \
    X(NOT_FOUND) \
    X(NOT_EXIST) \
    X(ALREADY_EXISTS) \
    X(TYPE) \
    X(NULL_OBJECT) \
    X(BUFFER_OVERFLOW) \
    X(STACK_OVERFLOW) \
    X(SUPPORT) \
    X(LIMIT) \
    X(BAD_SIGNATURE) \
    X(BAD_HEADER) \
    X(BAD_CHECKSUM) \
    X(INVALID_TABLE_LENGTH) \
    X(AML_BAD_OPCODE) \
    X(AML_NO_OPERAND) \
    X(AML_OPERAND_TYPE) \
    X(AML_OPERAND_VALUE) \
    X(AML_UNINITIALIZED_LOCAL) \
    X(AML_UNINITIALIZED_ARG) \
    X(AML_UNINITIALIZED_ELEMENT) \
    X(AML_NUMERIC_OVERFLOW) \
    X(AML_REGION_LIMIT) \
    X(AML_BUFFER_LIMIT) \
    X(AML_PACKAGE_LIMIT) \
    X(AML_DIVIDE_BY_ZERO) \
    X(AML_NO_WHILE) \
    X(AML_NO_RETURN_VALUE) \
    X(AML_INTERNAL) \
    X(AML_INVALID_SPACE_ID) \
    X(AML_STRING_LIMIT) \
    X(AML_NO_RESOURCE_END_TAG) \
    X(AML_METHOD_LIMIT) \
    X(AML_MUTEX_ORDER) \
    X(AML_MUTEX_NOT_ACQUIRED) \
    X(AML_INVALID_RESOURCE_TYPE) \
    X(AML_BAD_RESOURCE_LENGTH) \
    X(AML_REGISTER_LIMIT) \
    X(AML_CIRCULAR_REFERENCE) \
    X(AML_PROTOCOL) \
    X(AML_UNINITIALIZED_NODE) \
    X(AML_LOOP_TIMEOUT) \
    X(AML_TARGET_TYPE)

enum aml_status {
#define AML_STATUS_ENUM(name) AML_##name,
    AML_STATUS_LIST(AML_STATUS_ENUM)
#undef AML_STATUS_ENUM
    AML_STATUS_COUNT
};

/* "AE_NOT_FOUND" and so on; never NULL. */
const char *aml_status_name(enum aml_status status);

/* Object types, ACPI 6.5, table 19.35 (ObjectType), then the ones only this interpreter sees. */
enum aml_type {
    AML_T_ANY = 0,
    AML_T_INTEGER = 1,
    AML_T_STRING = 2,
    AML_T_BUFFER = 3,
    AML_T_PACKAGE = 4,
    AML_T_FIELD_UNIT = 5,
    AML_T_DEVICE = 6,
    AML_T_EVENT = 7,
    AML_T_METHOD = 8,
    AML_T_MUTEX = 9,
    AML_T_REGION = 10,
    AML_T_POWER = 11,
    AML_T_PROCESSOR = 12,
    AML_T_THERMAL = 13,
    AML_T_BUFFER_FIELD = 14,
    AML_T_DDB_HANDLE = 15,
    AML_T_DEBUG = 16,
    AML_T_REGION_FIELD = 17,
    AML_T_BANK_FIELD = 18,
    AML_T_INDEX_FIELD = 19,
    AML_T_REFERENCE = 20,
    AML_T_ALIAS = 21,
    AML_T_METHOD_ALIAS = 22,
    AML_T_SCOPE = 23,
    AML_T_FRAME = 24,               /* a method's locals and arguments; never visible outside */
    AML_T_COUNT
};

const char *aml_type_name(enum aml_type type);

/* Address spaces, ACPI 6.5, table 5.161 and 20.2.5.2 (RegionSpace). */
enum aml_space {
    AML_SPACE_SYSTEM_MEMORY = 0x00,
    AML_SPACE_SYSTEM_IO = 0x01,
    AML_SPACE_PCI_CONFIG = 0x02,
    AML_SPACE_EC = 0x03,
    AML_SPACE_SMBUS = 0x04,
    AML_SPACE_CMOS = 0x05,
    AML_SPACE_PCI_BAR = 0x06,
    AML_SPACE_IPMI = 0x07,
    AML_SPACE_GPIO = 0x08,
    AML_SPACE_GSBUS = 0x09,
    AML_SPACE_PCC = 0x0A,
    AML_SPACE_DATA_TABLE = 0x7E,    /* internal: DataTableRegion */
    AML_SPACE_FFH = 0x7F,
    AML_SPACE_OEM_FIRST = 0x80,
    AML_SPACE_COUNT = 0x100
};

const char *aml_space_name(unsigned int space);

struct aml;
struct aml_node;
struct aml_object;

/* One access to an operation region. */
struct aml_access {
    uint8_t space;
    bool write;
    uint8_t attribute;              /* AccessAs attribute: the bus protocol (table 19.28) */
    uint8_t access_length;
    uint64_t address;               /* region base plus offset; for GPIO the pin index */
    uint64_t region_base;
    uint32_t region_length;
    uint32_t offset;
    uint32_t bits;                  /* width; a multiple of 8 except for GPIO */
    const uint8_t *connection;      /* resource template of Connection(), NULL if there is none */
    uint32_t connection_length;
    const struct aml_node
        *region; /* which PCI function, EC or bus: the embedder asks its parents */
};

/*
 * Called for every access. DATA holds SIZE bytes, little-endian: (bits + 7) / 8 of them for the
 * plain spaces, and the status/length/data buffer for SMBus, GenericSerialBus, IPMI and PCC, which
 * a write both passes in and out. The callee must not call into the same instance.
 */
typedef enum aml_status (*aml_access_fn)(void *ctx, const struct aml_access *access, uint8_t *data,
                                         size_t size);

struct aml_hooks {
    void *ctx;
    /* One finished line, no newline; for errors and warnings it names table and offset. */
    void (*log)(void *ctx, bool is_error, const char *line);
    /* Trace lines: method entry and exit, region accesses. Costs time only if set. */
    void (*trace)(void *ctx, const char *line);
    void (*notify)(void *ctx, const struct aml_node *node, uint32_t value);
    /* Store to Debug. */
    void (*debug)(void *ctx, const struct aml_object *object);
    /* Sleep and Stall. If NULL only the instance's own clock moves on, so nothing ever blocks. */
    void (*sleep)(void *ctx, uint64_t microseconds);
    /* Timer in 100 ns units; if NULL the instance's own clock, which also counts executed opcodes.
     */
    uint64_t (*timer)(void *ctx);
    /* Does _OSI say yes to this string? If NULL a built-in list (Windows 2000 to 2019). */
    bool (*osi)(void *ctx, const char *name);
    void (*fatal)(void *ctx, uint32_t type, uint32_t code, uint32_t argument);
};

/* Zero means the default in brackets. */
struct aml_limits {
    uint64_t opcodes;               /* executed per call into the instance [64 Mi] */
    size_t memory;                  /* bytes, all of the instance [256 MiB] */
    size_t stack;                   /* bytes of C stack per call into the instance [1 MiB] */
    uint32_t loop_ms;               /* time in one While [30000] */
};

struct aml_config {
    struct aml_hooks hooks;
    struct aml_limits limits;
    /* Tolerate what common firmware does wrong: see doc/aml.md, "Relaxed mode". */
    bool relaxed;
    /* PCI_Config can be used from the first table on, like memory and ports: no _REG for it. */
    bool pci_without_reg;
};

/* NULL if memory runs out. CONFIG may be NULL. */
struct aml *aml_create(const struct aml_config *config);
void aml_destroy(struct aml *aml);

/* Region accesses of SPACE go to FN from now on; NULL refuses them. Regions' _REG methods run in
 * aml_initialize(). */
void aml_set_handler(struct aml *aml, uint8_t space, aml_access_fn fn, void *ctx);

/*
 * Loads a DSDT, SSDT, PSDT or OSDT (header included). On an error inside, the rest of the table is
 * still loaded as far as it makes sense; *ERRORS (may be NULL) counts what was logged. A status
 * other than AML_OK means that nothing of this table is in the namespace.
 */
enum aml_status aml_load(struct aml *aml, const void *table, size_t size,
                         unsigned int *errors) AML_MUST_CHECK;
/* Makes a table known to LoadTable and DataTableRegion without loading it. */
enum aml_status aml_register(struct aml *aml, const void *table, size_t size) AML_MUST_CHECK;
/*
 * Loads what was registered as an operating system does: the DSDT, then SSDTs, PSDTs and OSDTs in
 * the order in which they were registered. Returns how many had errors or failed.
 */
unsigned int aml_load_registered(struct aml *aml);
/* After the last aml_load(): settles references in packages. */
void aml_finish_load(struct aml *aml);
/* Runs _REG, _INI and _STA (ACPI 6.5, 6.5.1 and 6.5.4). Errors in firmware methods are logged and
 * survived. */
void aml_initialize(struct aml *aml);

/* Counts for reports. */
struct aml_stats {
    size_t memory_now, memory_peak;
    uint64_t nodes;
    uint64_t opcodes;
    unsigned int errors;
};
void aml_get_stats(const struct aml *aml, struct aml_stats *stats);

/* PATH is absolute ("\_SB.PCI0"), segments may be shorter than four characters. NULL if there is
 * none. */
struct aml_node *aml_find(struct aml *aml, const char *path);
struct aml_node *aml_root(struct aml *aml);
const struct aml_node *aml_first_child(const struct aml_node *node);
const struct aml_node *aml_next_sibling(const struct aml_node *node);
const struct aml_node *aml_parent(const struct aml_node *node);
enum aml_type aml_node_type(const struct aml_node *node);
/* NAME gets four characters and a NUL. */
void aml_node_name(const struct aml_node *node, char name[5]);
/* The full path with all segments padded to four; returns its length, which may exceed SIZE - 1
 * (then cut short). */
size_t aml_node_path(const struct aml_node *node, char *path, size_t size);

/* What a namespace listing shows of a node; which members count depends on the type. */
struct aml_node_info {
    enum aml_type type;
    bool has_value;                 /* the type's own object is attached and evaluated */
    uint8_t args;                   /* Method */
    uint64_t integer;               /* Integer */
    const uint8_t *data;            /* String, Buffer */
    uint32_t length;                /* String, Buffer: bytes; Package: elements; Field: bits */
    uint8_t space;                  /* Region */
    uint64_t address;               /* Region; Processor: P_BLK */
    uint32_t region_length;         /* Region; Processor: P_BLK length */
    uint8_t processor_id;
    uint64_t bit_offset;            /* Field */
    char first[5], second[5]; /* Field: region or index, bank or data register; BufferField: buffer;
                                 Alias: target */
    bool type_differs;         /* the attached object has another type than the node says */
};
void aml_node_info(const struct aml_node *node, struct aml_node_info *info);

/*
 * Evaluates a method or reads a value. ARGS are borrowed. On AML_OK *RESULT is an object the caller
 * must release, or NULL if nothing was returned. What comes back is data: integers, strings,
 * buffers, packages and references to nodes.
 */
enum aml_status aml_evaluate(struct aml *aml, const char *path, struct aml_object *const *args,
                             unsigned int count, struct aml_object **result) AML_MUST_CHECK;
void aml_release(struct aml *aml, struct aml_object *object);

/* Arguments for aml_evaluate(); NULL if memory runs out. The caller releases them. */
struct aml_object *aml_make_integer(struct aml *aml, uint64_t value);
struct aml_object *aml_make_string(struct aml *aml, const char *text, size_t length);
struct aml_object *aml_make_buffer(struct aml *aml, const void *data, size_t length);
/* Takes over the elements' references. */
struct aml_object *aml_make_package(struct aml *aml, struct aml_object *const *elements,
                                    uint32_t count);

enum aml_type aml_object_type(const struct aml_object *object);
uint64_t aml_object_integer(const struct aml_object *object);
/* String (NUL-terminated, the NUL not counted) or buffer. */
const uint8_t *aml_object_data(const struct aml_object *object, uint32_t *length);
/* Package element; NULL for an empty one. */
const struct aml_object *aml_object_element(const struct aml_object *object, uint32_t index);
uint32_t aml_object_count(const struct aml_object *object);
/* The node that a reference names; NULL if it names none. */
const struct aml_node *aml_object_node(const struct aml_object *object);

/* The built-in answer to _OSI, for embedders whose hook only adds or withdraws some. */
bool aml_osi_default(const char *name);

/*
 * Handlers that keep every address space as plain memory which starts out as FILL (emulate.c), for
 * tests and host tools. NULL if memory runs out. Installed for the given instance by
 * aml_emulator_attach().
 */
struct aml_emulator;
struct aml_emulator *aml_emulator_create(uint8_t fill);
void aml_emulator_destroy(struct aml_emulator *emulator);
void aml_emulator_attach(struct aml_emulator *emulator, struct aml *aml);
/* Refuses every access with AML_NOT_EXIST; for reading tables without any hardware. */
enum aml_status aml_refuse_access(void *ctx, const struct aml_access *access, uint8_t *data,
                                  size_t size);

#endif
