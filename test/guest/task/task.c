/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hardware task switches, run by task32.S. What the tasks see is digested; the digests must be as on the bare machine
 * (README.md).
 */
#include "rt.h"
#include "section.h"
#include "task.h"

#define WINDOW 0x40000000u  /* each task has another frame there */
#define FRAME_OF_MAIN 0x800000u
#define FRAME_OF_WORKER 0xc00000u
#define LARGE_PAGE 0x87u

const char guest_name[] = "task";
u32 task_seen[OBSERVATIONS];
extern volatile u32 task_count;
extern u32 pd_main[1024], pd_worker[1024];
void task_run(void);

static void fill_directory(u32 *directory, u32 frame)
{
    for (u32 i = 0; i < 4; i++)
        directory[i] = i << 22 | LARGE_PAGE;
    directory[WINDOW >> 22] = frame | LARGE_PAGE;
    *(volatile u32 *)(u64)frame = frame + 1;
}

void guest_main(void)
{
    fill_directory(pd_main, FRAME_OF_MAIN);
    fill_directory(pd_worker, FRAME_OF_WORKER);
    rt_prot32(task_run);
    section("task");
    rt_check(task_count > 900, "only %u observations", task_count);
    rt_check(task_count < OBSERVATIONS - 1, "too many observations");
    for (u32 i = 0; i < task_count; i++)
        record("seen", i, task_seen[i], 0);
    section(NULL);
}
