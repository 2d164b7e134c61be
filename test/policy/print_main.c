/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints tables that a policy service left in a file, as weir-check --tables does. */
#include <stdio.h>

#include "policy.h"

static void to_stdout(void *context, const char *line)
{
    (void)context;
    puts(line);
}

int main(int argc, char **argv)
{
    static struct policy_tables shared, tables;
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    const char *reason;

    if (!file || fread(&shared, sizeof(shared), 1, file) != 1) {
        fprintf(stderr, "usage: print TABLES\n");
        return 2;
    }
    fclose(file);
    if (policy_tables_copy(&tables, &shared, &reason) != WEIR_OK) {
        fprintf(stderr, "not valid: %s\n", reason);
        return 1;
    }
    printf("generation %u\n", tables.generation);
    policy_print(&tables, to_stdout, NULL);
    return 0;
}
