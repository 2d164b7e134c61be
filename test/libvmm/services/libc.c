/* SPDX-License-Identifier: BSD-2-Clause */
/* A service that uses the C library and says what came of it; run.sh compares. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <vmm/log.h>
#include <vmm/memory.h>
#include <vmm/start.h>

static int by_value(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void use_malloc(void)
{
    static void *block[2000];
    unsigned wrong = 0;

    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 2000; i++) {
            size_t bytes = (i * 37 + round * 101) % 5000 + 1;
            block[i] = malloc(bytes);
            if (!block[i]) {
                printf("malloc %u failed\n", i);
                return;
            }
            memset(block[i], (int)i, bytes);
        }
        for (unsigned i = 0; i < 2000; i++) {
            wrong += *(unsigned char *)block[i] != (unsigned char)i;
            free(block[i]);
        }
    }
    printf("malloc: %u wrong\n", wrong);
}

static void use_mmap(void)
{
    char *page = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *again;

    page[4096] = 1;
    printf("mprotect none: %d\n", mprotect(page + 4096, 4096, PROT_NONE));
    printf("mprotect back: %d", mprotect(page + 4096, 4096, PROT_READ | PROT_WRITE));
    printf(", still there: %d\n", page[4096]);
    printf("munmap: %d\n", munmap(page, 3 * 4096));
    again = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    printf("same address: %d, zeroed: %d\n", again == page, again[4096] == 0);
    printf("executable: %d",
           mmap(NULL, 4096, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
    printf(" %s\n", strerror(errno));
    printf("munmap twice: %d", munmap(page, 4096) + munmap(page, 4096));
    printf(" %s\n", strerror(errno));
}

static void use_up_memory(void)
{
    size_t pages = 0;

    while (vmm_pages_alloc(16)) {
        pages += 16;
    }
    printf("pages until none are left: more than 1000: %d; malloc then: %d\n", pages > 1000,
           malloc(1 << 20) != NULL);
}

int main(int argc, char **argv)
{
    int values[] = { 5, 3, 9, -1 };
    struct timespec before, after;
    volatile double two = 2;
    jmp_buf jump;
    FILE *file;

    printf("%s has %d argument\n", argv[0], argc);
    fprintf(stderr, "stderr too\n");
    vmm_log("vmm_log: %5d|%-5s|%#x|%016llx|%c|%u%%", -42, "ab", 255u, 0x123456789abcull, 'z', 7u);
    vmm_log("%0300d\n", 1);
    vmm_log("one line\n");
    vmm_log("%s", "");
    qsort(values, 4, sizeof(*values), by_value);
    printf("sorted %d %d %d %d\n", values[0], values[1], values[2], values[3]);
    printf("sqrt %.6f, strtod %.3f, %a\n", sqrt(two), strtod("1e3", NULL), 1.5);
    vmm_log("stdout's lines come out at once");
    use_malloc();
    use_mmap();
    file = fopen("/etc/passwd", "r");
    printf("fopen: %d", file != NULL);
    printf(" %s\n", strerror(errno));
    printf("read: %zd", read(0, &jump, 1));
    printf(", write to 7: %zd", write(7, "x", 1));
    printf(" %s\n", strerror(errno));
    printf("pause: %d", pause());
    printf(" %s\n", strerror(errno));
    clock_gettime(CLOCK_MONOTONIC, &before);
    nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
    clock_gettime(CLOCK_MONOTONIC, &after);
    printf("slept long enough: %d\n",
           (after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec >=
               20000000);
    if (!setjmp(jump)) {
        longjmp(jump, 1);
    }
    use_up_memory();
    return 42;
}
