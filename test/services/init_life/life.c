/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * init's whole life on the host: its own sources on a kernel that is a few hundred lines (kernel.c). Each scenario runs
 * in a process of its own, because init begins only once.
 */
#include "machine.h"
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct scenario *const groups[] = { start_scenarios, key_scenarios, restart_scenarios, reload_scenarios };

static bool fails(const struct scenario *scenario)
{
    int status;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (!child) {
        scenario->run();
        exit(check_end());
    }
    waitpid(child, &status, 0);
    printf("%s: %s\n", scenario->name, status ? "FAILED" : "ok");
    return status != 0;
}

int main(void)
{
    unsigned failed = 0, n = 0;

    for (unsigned i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        for (const struct scenario *scenario = groups[i]; scenario->name; scenario++, n++) {
            failed += fails(scenario);
        }
    }
    printf("%u scenarios, %u failed\n", n, failed);
    return failed != 0;
}
