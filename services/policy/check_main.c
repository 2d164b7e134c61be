/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * weir-check [--tables] FILE: evaluates a policy as the machine would. Status 0: fine; 1:
 * "file:line: reason" on stderr; 2: usage. --tables prints what the policy came to on stdout;
 * print() of a policy goes to stderr.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"

static void to_file(void *context, const char *line)
{
    fprintf(context, "%s\n", line);
}

/* The whole file, at most one byte more than a policy can have. NULL: a message was printed. */
static char *read_file(const char *name, size_t *bytes)
{
    FILE *file = fopen(name, "rb");
    char *text = malloc(POLICY_TEXT_MAX + 1);

    if (!file || !text) {
        fprintf(stderr, "%s:1: cannot be read: %s\n", name, strerror(errno));
        free(text);
        if (file)
            fclose(file);
        return NULL;
    }
    *bytes = fread(text, 1, POLICY_TEXT_MAX + 1, file);
    if (ferror(file)) {
        fprintf(stderr, "%s:1: cannot be read: %s\n", name, strerror(errno));
        free(text);
        text = NULL;
    }
    fclose(file);
    return text;
}

static int check(const char *name, bool tables)
{
    static struct policy_tables out;
    static _Alignas(16) uint8_t memory[POLICY_MEMORY];
    struct policy_error error;
    size_t bytes;
    char *text = read_file(name, &bytes);

    if (!text)
        return 1;
    struct policy *p = policy_create(memory, sizeof(memory), to_file, stderr);
    enum weir_status status = p ? policy_load(p, name, text, bytes, &out, &error) : WEIR_E_MEMORY;

    free(text);
    if (!p)
        fprintf(stderr, "%s:1: out of memory\n", name);
    else if (status != WEIR_OK)
        fprintf(stderr, "%s\n", error.text);
    else if (tables)
        policy_print(&out, to_file, stdout);
    return status == WEIR_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    bool tables = argc == 3 && strcmp(argv[1], "--tables") == 0;

    if (argc != 2 + tables || (argv[argc - 1][0] == '-' && argv[argc - 1][1] == '-')) {
        fprintf(stderr, "usage: weir-check [--tables] POLICY.lua\n");
        return 2;
    }
    return check(argv[argc - 1], tables);
}
