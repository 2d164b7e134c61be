/* SPDX-License-Identifier: BSD-2-Clause */
/* weir-acpi: the AML interpreter on a developer's host (doc/aml.md, "The host tool"). */
#include "args.h"
#include "print.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { EXIT_FINE = 0, EXIT_ERRORS = 1, EXIT_USAGE = 2 };

#define ARGS_MAX 7
#define TABLE_MAX (256u * 1024 * 1024)
#define STACK_LIMIT (6u * 1024 * 1024)

enum mode { MODE_LOAD, MODE_NAMESPACE, MODE_EVAL, MODE_SLEEP_STATES, MODE_VALUES, MODE_LIST };

struct options {
    enum mode mode;
    bool trace, quiet, relaxed, stats;
    uint8_t fill;
    const char *path;
    char **args;
    int arg_count;
    char **tables;
    int table_count;
};

struct session {
    bool trace, quiet;
    bool started;                   /* firmware has been initialized */
};

static int usage(const char *why)
{
    if (why) {
        fprintf(stderr, "weir-acpi: %s\n", why);
    }
    fputs("usage: weir acpi [--namespace | --eval PATH [ARG...] | --eval-list | --sleep-states | "
          "--values | --trace]\n"
          "                 [--relaxed] [--fill BYTE] [--quiet] [--stats] TABLE...\n"
          "  --namespace     list the namespace after loading\n"
          "  --eval PATH     initialize, then evaluate a method or object; ARG: 0x12, \"text\", "
          "(0A 0B) or [1 \"x\"];\n"
          "                  the arguments end where the names of files begin, or at --\n"
          "  --eval-list     initialize, then evaluate the paths that stdin lists, one per line\n"
          "  --sleep-states  initialize, then evaluate \\_S0 to \\_S5\n"
          "  --values        initialize, then evaluate what identifies and configures devices\n"
          "  --trace         load and initialize, showing methods and accesses\n"
          "  --relaxed       tolerate more of what firmware does wrong\n"
          "  --fill BYTE     what emulated hardware reads as at first (default 0)\n"
          "  --quiet         no messages from the interpreter\n"
          "  --stats         figures on stderr at the end\n"
          "exit status: 0 fine, 1 a table had errors or the evaluation failed, 2 usage\n",
          stderr);
    return EXIT_USAGE;
}

static void log_line(void *ctx, bool is_error, const char *line)
{
    struct session *session = ctx;

    if (!session->quiet) {
        fprintf(stderr, "%s%s\n", is_error ? "" : "warning: ", line);
    }
}

static void trace_line(void *ctx, const char *line)
{
    (void)ctx;
    puts(line);
}

static void on_notify(void *ctx, const struct aml_node *node, uint32_t value)
{
    struct session *session = ctx;
    char path[256];

    if (session->trace) {
        aml_node_path(node, path, sizeof(path));
        printf("notify %s %X\n", path, value);
    }
}

static void on_debug(void *ctx, const struct aml_object *object)
{
    struct session *session = ctx;
    struct text text = { 0 };

    if (session->quiet) {
        return;
    }
    print_value(&text, object);
    fprintf(stderr, "debug:%s\n", text.text);
    free(text.text);
}

/*
 * What the values of the corpus were taken with: the oracle's test driver withdraws one string once
 * firmware has been initialized, before anything is evaluated.
 */
static bool on_osi(void *ctx, const char *name)
{
    struct session *session = ctx;

    return aml_osi_default(name) && !(session->started && strcmp(name, "Windows 2006") == 0);
}

static bool file_exists(const char *name)
{
    struct stat st;

    return stat(name, &st) == 0 && S_ISREG(st.st_mode);
}

static uint8_t *read_file(const char *name, size_t *size)
{
    FILE *file = fopen(name, "rb");
    uint8_t *bytes = NULL;
    long length;

    if (!file) {
        fprintf(stderr, "weir-acpi: %s: %s\n", name, strerror(errno));
        return NULL;
    }
    if (fseek(file, 0, SEEK_END) == 0 && (length = ftell(file)) >= 0 &&
        (unsigned long)length <= TABLE_MAX && fseek(file, 0, SEEK_SET) == 0) {
        bytes = malloc((size_t)length + 1);
        if (bytes) {
            *size = fread(bytes, 1, (size_t)length, file);
        }
    }
    if (!bytes) {
        fprintf(stderr, "weir-acpi: %s: cannot read it\n", name);
    }
    fclose(file);
    return bytes;
}

/* Returns whether something went wrong. CONTENTS, one per table, are the caller's to free when AML
 * is gone. */
static bool load_tables(struct aml *aml, const struct options *options, uint8_t **contents)
{
    bool failed = false;

    for (int i = 0; i < options->table_count; i++) {
        size_t size = 0;
        uint8_t *bytes = read_file(options->tables[i], &size);
        enum aml_status status = bytes ? aml_register(aml, bytes, size) : AML_OK;

        if (status != AML_OK) {
            fprintf(stderr, "weir-acpi: %s: %s\n", options->tables[i], aml_status_name(status));
        }
        contents[i] = bytes;
        failed = failed || !bytes || status != AML_OK;
    }
    failed = aml_load_registered(aml) > 0 || failed;
    aml_finish_load(aml);
    return failed;
}

static bool evaluate(struct aml *aml, const char *path, struct aml_object *const *args,
                     unsigned int count)
{
    struct aml_object *value = NULL;
    struct text text = { 0 };
    enum aml_status status = aml_evaluate(aml, path, args, count, &value);

    text_puts(&text, path);
    if (status != AML_OK) {
        text_printf(&text, " ! %s", aml_status_name(status));
    } else if (!value) {
        text_puts(&text, " = none");
    } else {
        text_puts(&text, " =");
        print_value(&text, value);
    }
    puts(text.text);
    free(text.text);
    aml_release(aml, value);
    return status == AML_OK;
}

static void sleep_states(struct aml *aml)
{
    char path[] = "\\_S0";

    for (; path[3] <= '5'; path[3]++) {
        (void)evaluate(aml, path, NULL, 0);
    }
}

/* Which names --values evaluates: those without arguments that the corpus has values for. */
static bool is_wanted(const struct aml_node *node)
{
    static const char names[] =
        "_HID_CID_UID_ADR_STA_BBN_SEG_CRS_PRS_PRT_PRW_S0D_S3D_S0W_S3W_GPE_CCA";
    struct aml_node_info info;
    char name[5];

    aml_node_name(node, name);
    aml_node_info(node, &info);
    switch (info.type) {
    case AML_T_REGION:
    case AML_T_DEVICE:
    case AML_T_SCOPE:
        return false;
    case AML_T_METHOD:
        if (info.args) {
            return false;
        }
        break;
    default:
        break;
    }
    for (size_t i = 0; i + 4 < sizeof(names); i += 4) {
        if (!memcmp(names + i, name, 4)) {
            return true;
        }
    }
    return false;
}

static bool evaluate_lines(struct aml *aml, FILE *in)
{
    char line[1024];
    bool fine = true;

    while (fgets(line, sizeof(line), in)) {
        line[strcspn(line, "\r\n")] = 0;
        if (line[0]) {
            fine = evaluate(aml, line, NULL, 0) && fine;
        }
    }
    return fine;
}

static bool is_absent(struct aml *aml, const char *device)
{
    struct text path = { 0 };
    struct aml_object *value = NULL;
    bool absent = false;

    text_printf(&path, "%s._STA", device);
    if (aml_find(aml, path.text)) {
        absent = aml_evaluate(aml, path.text, NULL, 0, &value) != AML_OK || !value ||
                 !(aml_object_integer(value) & 9);
    }
    aml_release(aml, value);
    free(path.text);
    return absent;
}

/* As an operating system does before it uses devices: asks each present one's children for their
 * status. */
static void enumerate(struct aml *aml, const struct aml_node *node)
{
    for (const struct aml_node *child = aml_first_child(node); child;
         child = aml_next_sibling(child)) {
        char path[256];

        aml_node_path(child, path, sizeof(path));
        if (aml_node_type(child) == AML_T_DEVICE && is_absent(aml, path)) {
            continue;
        }
        enumerate(aml, child);
    }
}

/* The list is made before firmware runs: what _INI adds later is not in it. */
static void values(struct aml *aml, struct listed *list, size_t count)
{
    sleep_states(aml);
    for (size_t i = 0; i < count; i++) {
        if (list[i].line[0]) {
            (void)evaluate(aml, list[i].line, NULL, 0);
        }
    }
}

static struct listed *wanted_list(struct aml *aml, size_t *count)
{
    struct listed *list = list_namespace(aml, count);

    for (size_t i = 0; i < *count; i++) {
        char *blank = strchr(list[i].line, ' ');

        *(is_wanted(list[i].node) && blank ? blank : list[i].line) = 0;
    }
    return list;
}

static void free_list(struct listed *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(list[i].line);
    }
    free(list);
}

static bool evaluate_option(struct aml *aml, const struct options *options, bool *bad)
{
    struct aml_object *args[ARGS_MAX] = { NULL };
    bool fine = true;

    *bad = false;
    for (int i = 0; i < options->arg_count && !*bad; i++) {
        args[i] = parse_argument(aml, options->args[i]);
        *bad = !args[i];
    }
    if (!*bad) {
        fine = evaluate(aml, options->path, args, (unsigned int)options->arg_count);
    }
    for (int i = 0; i < ARGS_MAX; i++) {
        aml_release(aml, args[i]);
    }
    return fine;
}

static int run(struct aml *aml, struct session *session, const struct options *options,
               uint8_t **contents)
{
    bool failed = load_tables(aml, options, contents);
    bool bad = false;
    struct listed *list = NULL;
    size_t count = 0;

    if (options->mode == MODE_NAMESPACE) {
        print_namespace(aml, stdout);
    }
    if (options->mode == MODE_VALUES) {
        list = wanted_list(aml, &count);
    }
    if (options->mode == MODE_EVAL || options->mode == MODE_SLEEP_STATES ||
        options->mode == MODE_VALUES || options->mode == MODE_LIST || options->trace) {
        aml_initialize(aml);
        session->started = true;
        enumerate(aml, aml_root(aml));
    }
    switch (options->mode) {
    case MODE_EVAL:
        failed = !evaluate_option(aml, options, &bad) || failed;
        break;
    case MODE_LIST:
        failed = !evaluate_lines(aml, stdin) || failed;
        break;
    case MODE_SLEEP_STATES:
        sleep_states(aml);
        break;
    case MODE_VALUES:
        values(aml, list, count);
        break;
    default:
        break;
    }
    free_list(list, count);
    if (bad) {
        return EXIT_USAGE;
    }
    return failed ? EXIT_ERRORS : EXIT_FINE;
}

/* After --eval PATH come arguments, until something that is a file or "--". */
static int parse_eval(int argc, char **argv, int i, struct options *options)
{
    options->mode = MODE_EVAL;
    if (i >= argc) {
        return -1;
    }
    options->path = argv[i++];
    options->args = argv + i;
    while (i < argc && strcmp(argv[i], "--") != 0 && strncmp(argv[i], "--", 2) != 0 &&
           !file_exists(argv[i])) {
        options->arg_count++;
        i++;
    }
    return options->arg_count <= ARGS_MAX ? i : -1;
}

static bool parse_options(int argc, char **argv, struct options *options)
{
    int i = 1;

    while (i < argc && strncmp(argv[i], "--", 2) == 0) {
        const char *word = argv[i++];

        if (!strcmp(word, "--")) {
            break;
        }
        if (!strcmp(word, "--namespace")) {
            options->mode = MODE_NAMESPACE;
        } else if (!strcmp(word, "--sleep-states")) {
            options->mode = MODE_SLEEP_STATES;
        } else if (!strcmp(word, "--values")) {
            options->mode = MODE_VALUES;
        } else if (!strcmp(word, "--eval-list")) {
            options->mode = MODE_LIST;
        } else if (!strcmp(word, "--eval")) {
            i = parse_eval(argc, argv, i, options);
            if (i < 0) {
                return false;
            }
        } else if (!strcmp(word, "--trace")) {
            options->trace = true;
        } else if (!strcmp(word, "--relaxed")) {
            options->relaxed = true;
        } else if (!strcmp(word, "--quiet")) {
            options->quiet = true;
        } else if (!strcmp(word, "--stats")) {
            options->stats = true;
        } else if (!strcmp(word, "--fill") && i < argc) {
            options->fill = (uint8_t)strtoul(argv[i++], NULL, 0);
        } else {
            return false;
        }
    }
    options->tables = argv + i;
    options->table_count = argc - i;
    return options->table_count > 0;
}

static void print_stats(const struct aml *aml)
{
    struct aml_stats stats;

    aml_get_stats(aml, &stats);
    fprintf(stderr, "nodes %llu memory %zu peak %zu opcodes %llu errors %u\n",
            (unsigned long long)stats.nodes, stats.memory_now, stats.memory_peak,
            (unsigned long long)stats.opcodes, stats.errors);
}

int main(int argc, char **argv)
{
    struct options options = { .mode = MODE_LOAD };
    struct session session = { 0 };
    struct aml_config config = { .limits = { .stack = STACK_LIMIT } };
    struct aml_emulator *emulator;
    uint8_t **contents;
    struct aml *aml;
    int status;

    if (!parse_options(argc, argv, &options)) {
        return usage(argc > 1 ? "wrong arguments" : NULL);
    }
    session.quiet = options.quiet;
    session.trace = options.trace;
    config.relaxed = options.relaxed;
    /* As in the driver that the values of the corpus were taken with. */
    config.pci_without_reg = true;
    config.hooks = (struct aml_hooks){
        .ctx = &session, .log = log_line, .notify = on_notify, .debug = on_debug, .osi = on_osi
    };
    if (options.trace) {
        config.hooks.trace = trace_line;
    }
    aml = aml_create(&config);
    emulator = aml_emulator_create(options.fill);
    contents = calloc((size_t)options.table_count, sizeof(*contents));
    if (!aml || !emulator || !contents) {
        fputs("weir-acpi: out of memory\n", stderr);
        return EXIT_ERRORS;
    }
    aml_emulator_attach(emulator, aml);
    status = run(aml, &session, &options, contents);
    if (options.stats) {
        print_stats(aml);
    }
    aml_destroy(aml);
    aml_emulator_destroy(emulator);
    for (int i = 0; i < options.table_count; i++) {
        free(contents[i]);
    }
    free(contents);
    return fflush(stdout) == 0 ? status : EXIT_ERRORS;
}
