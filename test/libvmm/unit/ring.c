/* SPDX-License-Identifier: BSD-2-Clause */
/* Log rings: order, overwriting, restarts, two threads at once, and writers that lie. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <vmm/ring.h>
#include "check.h"

#define MAPPED (sizeof(struct weir_ring) + 100) /* capacity 64 */

static struct weir_ring *new_ring(uint64_t mapped)
{
    struct weir_ring *ring = calloc(1, mapped);

    CHECK_EQ(1, ring != NULL);
    return ring;
}

static void expect(const struct weir_ring *ring, uint64_t *position, const char *text,
                   uint64_t lost)
{
    uint64_t got_lost = 0, n;
    char out[256];

    n = weir_ring_read(ring, MAPPED, position, out, sizeof(out) - 1, &got_lost);
    out[n] = '\0';
    CHECK_TEXT(text, out);
    CHECK_EQ(lost, got_lost);
}

static void text_comes_out_in_order(void)
{
    struct weir_ring *ring = new_ring(MAPPED);
    uint64_t capacity = weir_ring_open(ring, MAPPED), position = 0;

    CHECK_EQ(64, capacity);
    expect(ring, &position, "", 0);
    weir_ring_write(ring, capacity, "hello ", 6);
    weir_ring_write(ring, capacity, "there", 5);
    expect(ring, &position, "hello there", 0);
    expect(ring, &position, "", 0);
    for (unsigned i = 0; i < 40; i++) {
        weir_ring_write(ring, capacity, "0123456789", 10);
        expect(ring, &position, "0123456789", 0);
    }
    free(ring);
}

static void old_text_is_overwritten_and_counted(void)
{
    struct weir_ring *ring = new_ring(MAPPED);
    uint64_t capacity = weir_ring_open(ring, MAPPED), position = 0;
    char text[256], last[65] = "";

    for (unsigned i = 0; i < sizeof(text); i++) {
        text[i] = (char)('!' + i % 90);
    }
    weir_ring_write(ring, capacity, text, 50);
    weir_ring_write(ring, capacity, text + 50, 50);
    memcpy(last, text + 36, 64);
    expect(ring, &position, last, 36);
    weir_ring_write(ring, capacity, text, sizeof(text)); /* longer than the ring */
    memcpy(last, text + sizeof(text) - 64, 64);
    expect(ring, &position, last, sizeof(text) - 64);
    free(ring);
}

static void a_restarted_writer_goes_on(void)
{
    struct weir_ring *ring = new_ring(MAPPED);
    uint64_t capacity = weir_ring_open(ring, MAPPED), position = 0;

    weir_ring_write(ring, capacity, "first", 5);
    ring->reserved += 20; /* it died while it wrote */
    capacity = weir_ring_open(ring, MAPPED);
    weir_ring_write(ring, capacity, " second", 7);
    expect(ring, &position, "first second", 0);
    free(ring);
}

static void small_mappings_are_refused(void)
{
    struct weir_ring *ring = new_ring(sizeof(struct weir_ring) + 1);
    uint64_t position = 0, lost = 0;
    char out[8];

    CHECK_EQ(0, weir_ring_open(ring, sizeof(struct weir_ring)));
    CHECK_EQ(1, weir_ring_open(ring, sizeof(struct weir_ring) + 1));
    CHECK_EQ(0, weir_ring_read(ring, 12, &position, out, sizeof(out), &lost));
    free(ring);
}

static void text_under_a_writers_hand_is_not_read(void)
{
    struct weir_ring *ring = new_ring(MAPPED);
    uint64_t capacity = weir_ring_open(ring, MAPPED), position = 0;
    char text[64];

    memset(text, 'a', sizeof(text));
    weir_ring_write(ring, capacity, text, 44);
    weir_ring_write(ring, capacity, "0123456789ABCDEFGHIJ", 20);
    ring->reserved += 50; /* the next 50 bytes are being written over the oldest */
    expect(ring, &position, "6789ABCDEFGHIJ", 50);
    free(ring);
}

/* ---- the writer, stopped at its first byte of text by a page that it may not write ---- */

static struct weir_ring *stopped;
static struct {
    uint64_t head, reserved;
} at_stop;

static void on_stop(int signal)
{
    (void)signal;
    at_stop.head = stopped->head;
    at_stop.reserved = stopped->reserved;
    CHECK_EQ(0, mprotect(stopped + 1, 4096, PROT_READ | PROT_WRITE));
}

static void space_is_reserved_before_it_is_written(void)
{
    char *pages = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t capacity;

    stopped = (struct weir_ring *)(pages + 4096) - 1; /* the text begins with the second page */
    capacity = weir_ring_open(stopped, sizeof(*stopped) + 64);
    weir_ring_write(stopped, capacity, "before", 6);
    signal(SIGSEGV, on_stop);
    CHECK_EQ(0, mprotect(stopped + 1, 4096, PROT_READ));
    weir_ring_write(stopped, capacity, "after", 5);
    signal(SIGSEGV, SIG_DFL);
    CHECK_EQ(6, at_stop.head);
    CHECK_EQ(11, at_stop.reserved);
    CHECK_EQ(11, stopped->head);
    munmap(pages, 2 * 4096);
}

/* Whatever stands in the ring: the sanitizer sees accesses outside, and reading comes to an end. */
static void lying_writers_do_no_harm(void)
{
    static const uint64_t values[] = {
        0, 1, 63, 64, 65, 1000, UINT64_MAX, UINT64_MAX - 63, UINT64_MAX / 2, 1ull << 63
    };
    const unsigned n = sizeof(values) / sizeof(*values);
    struct weir_ring *ring = new_ring(MAPPED);

    for (unsigned i = 0; i < n * n * n * n; i++) {
        uint64_t position = values[i / n / n / n], before = position, lost = 0;
        char out[64];
        uint64_t got;
        ring->head = values[i % n];
        ring->reserved = values[i / n % n];
        ring->capacity = values[i / n / n % n];
        got = weir_ring_read(ring, MAPPED, &position, out, sizeof(out), &lost);
        CHECK_EQ(1, got <= sizeof(out));
        CHECK_EQ(1, position >= before && position <= (before > ring->head ? before : ring->head));
        CHECK_EQ(position - before, got + lost);
    }
    free(ring);
}

/* ---- a writer and a reader at once: what is read is in order and whole, what is not is counted
 * ---- */

#define RECORDS 300000u
#define STRESS_MAPPED (sizeof(struct weir_ring) + 4096)

static atomic_bool writer_done;

static void *write_records(void *argument)
{
    struct weir_ring *ring = argument;
    uint64_t capacity = weir_ring_open(ring, STRESS_MAPPED);

    for (unsigned i = 0; i < RECORDS; i++) {
        char record[16];
        snprintf(record, sizeof(record), "%014u", i);
        record[14] = '.';
        record[15] = '\n';
        weir_ring_write(ring, capacity, record, sizeof(record));
        if (i % 64 == 0) {
            for (volatile unsigned pause = 0; pause < 3000; pause++) {
            }
        }
    }
    atomic_store(&writer_done, true);
    return NULL;
}

static void a_reader_beside_the_writer_sees_whole_text(void)
{
    struct weir_ring *ring = new_ring(STRESS_MAPPED);
    uint64_t position = 0, lost = 0, read = 0, n, before;
    char out[64];
    pthread_t writer;
    bool done;

    CHECK_EQ(0, pthread_create(&writer, NULL, write_records, ring));
    do {
        done = atomic_load(&writer_done);
        while (before = position,
               n = weir_ring_read(ring, STRESS_MAPPED, &position, out, sizeof(out), &lost), n > 0) {
            uint64_t start = position - n;
            CHECK_EQ(1, start >= before);
            for (uint64_t i = 0; i < n; i++) {
                /* Byte b of the stream is known: record b / 16, character b % 16. */
                char record[24];
                snprintf(record, sizeof(record), "%014u.\n", (unsigned)((start + i) / 16));
                CHECK_EQ((unsigned char)record[(start + i) % 16], (unsigned char)out[i]);
            }
            read += n;
        }
    } while (!done);
    pthread_join(writer, NULL);
    CHECK_EQ(RECORDS * 16ull, read + lost);
    printf("read %llu bytes beside the writer, %llu were overwritten first\n",
           (unsigned long long)read, (unsigned long long)lost);
    CHECK_EQ(1, read > 4096);
    free(ring);
}

int main(void)
{
    text_comes_out_in_order();
    old_text_is_overwritten_and_counted();
    a_restarted_writer_goes_on();
    small_mappings_are_refused();
    text_under_a_writers_hand_is_not_read();
    space_is_reserved_before_it_is_written();
    lying_writers_do_no_harm();
    a_reader_beside_the_writer_sees_whole_text();
    return 0;
}
