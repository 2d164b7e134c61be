/* SPDX-License-Identifier: BSD-2-Clause */
/* The library's interface: limits, handlers, hooks, broken tables. Usage: test_aml_units TABLE CASE
 */
#include "aml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t *table;
static size_t table_size;

struct seen {
    struct aml_access access;
    char region[64];
    unsigned int accesses, notifies, errors, debugs, fatals;
    uint32_t notify_value;
    uint64_t value;
    char line[400];
};

static void check(bool good, const char *what, int line)
{
    if (!good) {
        printf("FAILED line %d: %s\n", line, what);
        exit(1);
    }
}

#define CHECK(condition) check(condition, #condition, __LINE__)

static void on_log(void *ctx, bool is_error, const char *line)
{
    struct seen *seen = ctx;

    if (is_error) {
        seen->errors++;
        snprintf(seen->line, sizeof(seen->line), "%s", line);
    }
}

static void on_notify(void *ctx, const struct aml_node *node, uint32_t value)
{
    struct seen *seen = ctx;

    (void)node;
    seen->notifies++;
    seen->notify_value = value;
}

static void on_debug(void *ctx, const struct aml_object *object)
{
    struct seen *seen = ctx;

    CHECK(aml_object_type(object) == AML_T_STRING);
    seen->debugs++;
}

static void on_fatal(void *ctx, uint32_t type, uint32_t code, uint32_t argument)
{
    struct seen *seen = ctx;

    CHECK(type == 1 && code == 0x22 && argument == 0x33);
    seen->fatals++;
}

static bool on_osi(void *ctx, const char *name)
{
    (void)ctx;
    return strcmp(name, "Weir test") == 0;
}

static enum aml_status on_access(void *ctx, const struct aml_access *access, uint8_t *data,
                                 size_t size)
{
    struct seen *seen = ctx;

    seen->access = *access;
    seen->accesses++;
    aml_node_path(access->region, seen->region, sizeof(seen->region));
    if (access->write) {
        seen->value = data[0] | (size > 1 ? (uint64_t)data[1] << 8 : 0);
    } else {
        memset(data, 0, size);
        data[0] = 0x34;
        data[1] = 0x12;
    }
    return AML_OK;
}

static struct aml *loaded(const struct aml_limits *limits, struct seen *seen)
{
    struct aml_config config = { .hooks = { .ctx = seen,
                                            .log = on_log,
                                            .notify = on_notify,
                                            .debug = on_debug,
                                            .fatal = on_fatal,
                                            .osi = on_osi } };
    struct aml *aml;

    memset(seen, 0, sizeof(*seen));
    if (limits) {
        config.limits = *limits;
    }
    aml = aml_create(&config);
    CHECK(aml);
    CHECK(aml_load(aml, table, table_size, NULL) == AML_OK);
    aml_finish_load(aml);
    return aml;
}

static enum aml_status evaluate(struct aml *aml, const char *path, uint64_t argument,
                                uint64_t *value)
{
    struct aml_object *args[1] = { aml_make_integer(aml, argument) };
    struct aml_object *result = NULL;
    enum aml_status status;

    CHECK(args[0]);
    status = aml_evaluate(aml, path, args, 1, &result);
    aml_release(aml, args[0]);
    if (value) {
        *value = result ? aml_object_integer(result) : 0;
    }
    if (result) {
        aml_release(aml, result);
    }
    return status;
}

/* After any error the instance goes on working, and holds no more memory than before. */
static void still_works(struct aml *aml)
{
    uint64_t value;

    CHECK(evaluate(aml, "\\NEST", 0, &value) == AML_OK && value == 20);
    CHECK(evaluate(aml, "\\SETV", 77, &value) == AML_OK && value == 77);
}

static void limit_case(struct aml_limits limits, const char *path, enum aml_status expected)
{
    struct seen seen;
    struct aml *aml = loaded(&limits, &seen);
    struct aml_stats before, after;

    still_works(aml);
    aml_get_stats(aml, &before);
    for (unsigned int i = 0; i < 5; i++) {
        enum aml_status status = evaluate(aml, path, 0, NULL);

        if (status != expected) {
            printf("%s: expected %s, got %s\n", path, aml_status_name(expected),
                   aml_status_name(status));
            exit(1);
        }
    }
    still_works(aml);
    aml_get_stats(aml, &after);
    CHECK(seen.errors > 0);
    CHECK(after.nodes == before.nodes);
    CHECK(after.memory_peak <= (limits.memory ? limits.memory : (size_t)1 << 28));
    /* What is kept is at most one chunk and the release pool. */
    CHECK(after.memory_now <= before.memory_now + 512 * 1024);
    aml_destroy(aml);
}

static void case_opcode_limit(void)
{
    limit_case((struct aml_limits){ .opcodes = 20000 }, "\\SPIN", AML_LIMIT);
}

static void case_loop_limit(void)
{
    limit_case((struct aml_limits){ .loop_ms = 20 }, "\\SPIN", AML_AML_LOOP_TIMEOUT);
    limit_case((struct aml_limits){ .loop_ms = 0 }, "\\SLOW", AML_AML_LOOP_TIMEOUT);
}

static void case_memory_limit(void)
{
    limit_case((struct aml_limits){ .memory = 4u << 20 }, "\\GROW", AML_NO_MEMORY);
}

static void case_depth_limit(void)
{
    limit_case((struct aml_limits){ .stack = 64u << 10 }, "\\DEEP", AML_STACK_OVERFLOW);
    limit_case((struct aml_limits){ .stack = 4u << 20 }, "\\DEEP", AML_AML_METHOD_LIMIT);
}

static void case_refused_access(void)
{
    struct seen seen;
    struct aml *aml = loaded(NULL, &seen);

    CHECK(evaluate(aml, "\\MEMA", 0, NULL) == AML_NOT_EXIST);
    CHECK(seen.errors > 0 && strstr(seen.line, "SystemMemory"));
    aml_set_handler(aml, AML_SPACE_SYSTEM_MEMORY, aml_refuse_access, NULL);
    CHECK(evaluate(aml, "\\MEMA", 0, NULL) == AML_NOT_EXIST);
    still_works(aml);
    aml_destroy(aml);
}

static void case_messages_have_no_bits(void)
{
    static const char *const fields[] = { "\\IDXA", "\\BNKA" };
    struct seen seen;
    struct aml *aml = loaded(NULL, &seen);
    struct aml_emulator *emulator = aml_emulator_create(0);

    CHECK(emulator);
    aml_emulator_attach(emulator, aml);
    CHECK(evaluate(aml, "\\SMBD", 0, NULL) == AML_OK);
    for (unsigned int i = 0; i < 2; i++) {
        CHECK(evaluate(aml, fields[i], 0, NULL) == AML_AML_OPERAND_TYPE);
        CHECK(strstr(seen.line, "SMBus"));
    }
    still_works(aml);
    aml_destroy(aml);
    aml_emulator_destroy(emulator);
}

static void case_handler_sees_access(void)
{
    struct seen seen;
    struct aml *aml = loaded(NULL, &seen);
    uint64_t value;

    aml_set_handler(aml, AML_SPACE_PCI_CONFIG, on_access, &seen);
    CHECK(evaluate(aml, "\\_SB.DEV.RDA", 0, &value) == AML_OK && value == 0x1234);
    CHECK(seen.accesses == 1 && !seen.access.write && seen.access.space == AML_SPACE_PCI_CONFIG);
    CHECK(seen.access.address == 0x44 && seen.access.region_base == 0x40 &&
          seen.access.offset == 4);
    CHECK(seen.access.bits == 16 && seen.access.region_length == 0x20);
    CHECK(strcmp(seen.region, "\\_SB_.DEV_.CFG_") == 0);
    /* Eight bits of a word: read, then written with the other half as it was. */
    CHECK(evaluate(aml, "\\_SB.DEV.WRB", 0xAB, NULL) == AML_OK);
    CHECK(seen.accesses == 3 && seen.access.write && seen.access.offset == 6 &&
          seen.value == 0x12AB);
    aml_destroy(aml);
}

/* The shared memory as the other side finds it when the command arrives (ACPI 6.5, 14.2); it answers with 77h. */
static enum aml_status on_pcc(void *ctx, const struct aml_access *access, uint8_t *data, size_t size)
{
    struct seen *seen = ctx;

    seen->accesses++;
    seen->access = *access;
    CHECK(size == 16 && data[4] == 7 && data[8] == 0x5A);
    data[8] = 0x77;
    return AML_OK;
}

static void case_pcc_sends_with_its_command(void)
{
    struct seen seen;
    struct aml *aml = loaded(NULL, &seen);
    uint64_t value;

    aml_set_handler(aml, AML_SPACE_PCC, on_pcc, &seen);
    CHECK(evaluate(aml, "\\PCCX", 0x5A, &value) == AML_OK && value == 0x77);
    CHECK(seen.accesses == 1 && seen.access.write && seen.access.region_base == 2);
    CHECK(evaluate(aml, "\\PCLS", 0, NULL) == AML_NO_MEMORY);
    still_works(aml);
    aml_destroy(aml);
}

static void case_hooks(void)
{
    struct seen seen;
    struct aml *aml = loaded(NULL, &seen);
    uint64_t value;

    CHECK(evaluate(aml, "\\_SB.DEV.NTF", 0x81, NULL) == AML_OK && seen.notifies == 1 &&
          seen.notify_value == 0x81);
    CHECK(evaluate(aml, "\\OSI", 0, &value) == AML_OK && value == UINT64_MAX);
    CHECK(evaluate(aml, "\\DBG", 0, NULL) == AML_OK && seen.debugs == 1);
    CHECK(evaluate(aml, "\\FTL", 0, NULL) == AML_OK && seen.fatals == 1);
    aml_destroy(aml);
}

/* Storing to an argument that refers to itself gives the reference up while it is stored through. */
static void case_arguments_that_refer_to_themselves(void)
{
    struct seen seen;
    struct aml *aml = loaded(NULL, &seen);
    uint64_t value;

    CHECK(evaluate(aml, "\\SELF", 7, &value) == AML_OK && value == 7);
    CHECK(evaluate(aml, "\\CRSS", 7, &value) == AML_OK && value == 1);
    aml_destroy(aml);
}

/* PCI_Config is announced by _REG (2, 1), unless the embedder has it from the start. */
static void case_pci_is_announced(void)
{
    for (unsigned int always = 0; always < 2; always++) {
        struct aml_config config = { .pci_without_reg = always };
        struct seen seen = { 0 };
        struct aml *aml = aml_create(&config);
        uint64_t value;

        CHECK(aml && aml_load(aml, table, table_size, NULL) == AML_OK);
        aml_set_handler(aml, AML_SPACE_PCI_CONFIG, on_access, &seen);
        aml_finish_load(aml);
        aml_initialize(aml);
        CHECK(evaluate(aml, "\\_SB.DEV.REGS", 0, &value) == AML_OK);
        CHECK(value == (always ? 0 : 0x21));
        aml_destroy(aml);
    }
}

static void case_two_instances(void)
{
    struct seen seen[2];
    struct aml *a = loaded(NULL, &seen[0]);
    struct aml *b = loaded(NULL, &seen[1]);
    uint64_t value;

    CHECK(evaluate(a, "\\SETV", 1, NULL) == AML_OK);
    CHECK(evaluate(b, "\\SETV", 2, NULL) == AML_OK);
    CHECK(evaluate(a, "\\GETV", 0, &value) == AML_OK && value == 1);
    aml_destroy(a);
    CHECK(evaluate(b, "\\GETV", 0, &value) == AML_OK && value == 2);
    aml_destroy(b);
}

static void case_arguments(void)
{
    struct seen seen;
    struct aml *aml = loaded(NULL, &seen);
    struct aml_object *inner[1] = { aml_make_buffer(aml, "\1\2", 2) };
    struct aml_object *args[3] = { aml_make_integer(aml, 9), aml_make_string(aml, "text", 4),
                                   aml_make_package(aml, inner, 1) };
    struct aml_object *value = NULL;
    uint32_t length;

    CHECK(aml_evaluate(aml, "\\ADDA", args, 3, &value) == AML_OK && value);
    CHECK(aml_object_count(value) == 3);
    CHECK(aml_object_integer(aml_object_element(value, 0)) == 9);
    CHECK(!strcmp((const char *)aml_object_data(aml_object_element(value, 1), &length), "text") &&
          length == 4);
    CHECK(aml_object_data(aml_object_element(aml_object_element(value, 2), 0), &length)[1] == 2 &&
          length == 2);
    CHECK(!aml_object_element(value, 3));
    aml_release(aml, value);
    for (unsigned int i = 0; i < 3; i++) {
        aml_release(aml, args[i]);
    }
    CHECK(aml_evaluate(aml, "\\NONE", NULL, 0, &value) == AML_NOT_FOUND);
    CHECK(aml_evaluate(aml, "no path", NULL, 0, &value) == AML_NOT_FOUND);
    CHECK(aml_evaluate(aml, "\\_SB.DEV", NULL, 0, &value) == AML_TYPE);
    CHECK(evaluate(aml, "\\MADE", 0, NULL) == AML_OK && !aml_find(aml, "\\TEMP"));
    aml_destroy(aml);
}

/* And the checksum, as far as the bytes are there. */
static void set_length(uint8_t *bytes, size_t size)
{
    uint8_t sum = 0;

    for (unsigned int i = 0; i < 4; i++) {
        bytes[4 + i] = (uint8_t)(size >> (8 * i));
    }
    bytes[9] = 0;
    for (size_t i = 0; i < size && i < table_size; i++) {
        sum = (uint8_t)(sum + bytes[i]);
    }
    bytes[9] = (uint8_t)-sum;
}

/* Cut off after every byte: what came before the cut is there, and what is wrong is said with its
 * place. */
static void case_cut_tables(void)
{
    for (size_t size = 36; size < table_size; size++) {
        struct seen seen = { 0 };
        struct aml_config config = { .hooks = { .ctx = &seen, .log = on_log } };
        struct aml *aml = aml_create(&config);
        uint8_t *cut = malloc(size);
        unsigned int errors = 0;

        CHECK(aml && cut);
        memcpy(cut, table, size);
        set_length(cut, size);
        CHECK(aml_load(aml, cut, size, &errors) == AML_OK);
        aml_finish_load(aml);
        aml_initialize(aml);
        CHECK(errors == 0 || strstr(seen.line, "DSDT:UNITS"));
        if (size > 36 + 7) {
            uint64_t value;

            CHECK(evaluate(aml, "\\VAL", 0, &value) == AML_OK && value == 5);
        }
        aml_destroy(aml);
        free(cut);
    }
}

static void case_bad_headers(void)
{
    struct aml *aml = aml_create(NULL);
    uint8_t *copy = malloc(table_size);
    uint8_t *second = malloc(table_size);
    struct aml_stats before, after;

    CHECK(aml && copy && second);
    memcpy(copy, table, table_size);
    memcpy(second, table, table_size);
    CHECK(aml_load(aml, copy, 35, NULL) == AML_BAD_HEADER);
    set_length(copy, table_size + 1);
    CHECK(aml_load(aml, copy, table_size, NULL) == AML_INVALID_TABLE_LENGTH);
    set_length(copy, 10);
    CHECK(aml_load(aml, copy, table_size, NULL) == AML_INVALID_TABLE_LENGTH);
    set_length(copy, table_size);
    memcpy(copy, "DSDS", 4);
    set_length(copy, table_size);
    CHECK(aml_load(aml, copy, table_size, NULL) == AML_BAD_SIGNATURE);
    memcpy(copy, "\x7f" "DST", 4);
    CHECK(aml_register(aml, copy, table_size) == AML_BAD_SIGNATURE);
    memcpy(copy, "DSDT", 4);
    CHECK(aml_load(aml, copy, table_size, NULL) == AML_BAD_CHECKSUM);
    CHECK(aml_register(aml, copy, table_size) == AML_BAD_CHECKSUM);
    set_length(copy, table_size);
    CHECK(aml_load(aml, copy, table_size, NULL) == AML_OK);
    aml_get_stats(aml, &before);
    CHECK(aml_load(aml, copy, table_size, NULL) == AML_OK);
    CHECK(aml_register(aml, copy, table_size) == AML_OK);
    aml_get_stats(aml, &after);
    CHECK(after.opcodes == before.opcodes && after.errors == before.errors);
    /* Another DSDT. */
    second[24]++;
    set_length(second, table_size);
    CHECK(aml_load(aml, second, table_size, NULL) == AML_ALREADY_EXISTS);
    CHECK(aml_register(aml, second, table_size) == AML_ALREADY_EXISTS);
    aml_destroy(aml);
    free(copy);
    free(second);
}

/* Firmware may name anything as the register of a bank; this is a Name that holds another's name. */
static void case_bank_without_register(void)
{
    static const uint8_t body[] = "\x5b\x80RIO_\x01\x0b\x00\x04\x0a\x20" /* OperationRegion */
                                  "\x08TGT_\x00\x08NAM_TGT_"               /* Name(NAM_, TGT_) */
                                  "\x5b\x87\x10RIO_NAM_\x00\x00" "FLD_\x08"; /* BankField */
    size_t size = 36 + sizeof(body) - 1;
    uint8_t *ssdt = calloc(1, size);
    struct seen seen;
    struct aml *aml = loaded(NULL, &seen);
    struct aml_node_info info;
    uint64_t value;

    CHECK(ssdt);
    memcpy(ssdt, "SSDT", 4);
    memcpy(ssdt + 36, body, sizeof(body) - 1);
    set_length(ssdt, size);
    CHECK(aml_load(aml, ssdt, size, NULL) == AML_OK);
    CHECK(aml_find(aml, "\\FLD"));
    aml_node_info(aml_find(aml, "\\FLD"), &info);
    CHECK(info.type == AML_T_BANK_FIELD && !strcmp(info.first, "RIO_") && !info.second[0]);
    CHECK(evaluate(aml, "\\FLD", 0, &value) == AML_AML_INTERNAL);
    aml_destroy(aml);
    free(ssdt);
}

static bool read_table(const char *name)
{
    FILE *file = fopen(name, "rb");

    if (!file) {
        return false;
    }
    table = malloc(1u << 16);
    CHECK(table);
    table_size = fread(table, 1, 1u << 16, file);
    fclose(file);
    /* Exactly as large as the table, so that reads beyond it are seen. */
    table = realloc(table, table_size);
    return table_size > 36;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } cases[] = {
        { "opcode-limit", case_opcode_limit },
        { "loop-limit", case_loop_limit },
        { "memory-limit", case_memory_limit },
        { "depth-limit", case_depth_limit },
        { "refused-access", case_refused_access },
        { "messages-have-no-bits", case_messages_have_no_bits },
        { "handler-sees-access", case_handler_sees_access },
        { "pcc-sends-with-its-command", case_pcc_sends_with_its_command },
        { "hooks", case_hooks },
        { "pci-is-announced", case_pci_is_announced },
        { "arguments-that-refer-to-themselves", case_arguments_that_refer_to_themselves },
        { "two-instances", case_two_instances },
        { "arguments", case_arguments },
        { "cut-tables", case_cut_tables },
        { "bad-headers", case_bad_headers },
        { "bank-without-register", case_bank_without_register },
    };

    if (argc != 3 || !read_table(argv[1])) {
        fprintf(stderr, "usage: %s TABLE CASE\n", argv[0]);
        return 2;
    }
    for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (!strcmp(argv[2], cases[i].name)) {
            cases[i].run();
            free(table);
            puts("fine");
            return 0;
        }
    }
    fprintf(stderr, "no case %s\n", argv[2]);
    return 2;
}
