/* Programs that do what they must not. The kernel has to stay whole; each MODE ends as its name promises. */
#include "test.h"
#include <sys/mman.h>
#include <sys/syscall.h>

static int overflow(int depth)
{
    volatile char room[4096];
    room[0] = (char)depth;
    return overflow(depth + 1) + room[0];
}

/* Calls that would end, stop or replace this program, or wait for ever. */
static int is_left_out(long number)
{
    static const long list[] = {93, 94, 128, 129, 130, 131, 133, 137, 138, 139, 142, 157, 220, 221, 240, 260, 281, 435, 73, 72, 98, 22, 95, 57, 436, 63, 24};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (list[i] == number)
            return 1;
    return 0;
}

static void bad_pointers(void)
{
    static const long values[] = {0, 1, -1, 0x7fffffffffffffff, (long)0x8000000000000000ul, 0x4000000000, 0x3ffffff000, 0xfffffffffffff000, 4096};
    for (long number = 0; number < 470; number++) {
        if (is_left_out(number))
            continue;
        for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
            if (fork() == 0) {
                alarm(2);
                close(0);
                syscall(number, values[i], values[i], values[i], values[i], values[i], values[i]);
                syscall(number, 1, values[i], values[(i + 1) % 9], values[(i + 2) % 9], values[(i + 3) % 9], 0);
                syscall(number, -100, values[i], 4096, values[(i + 5) % 9], 0, 0);
                _exit(0);
            }
            wait(NULL);
        }
    }
    puts("ok bad pointers");
}

static void fork_bomb(void)
{
    int children = 0;
    pid_t pid;
    setpgid(0, 0);
    while (children < 5000 && (pid = fork()) > 0)
        children++;
    if (pid == 0) {
        pause();
        _exit(0);
    }
    signal(SIGTERM, SIG_IGN);
    kill(0, SIGTERM);
    int ended = 0;
    while (wait(NULL) > 0)
        ended++;
    CHECK("every child ended", ended == children);
}

static void eat_memory(void)
{
    for (size_t total = 0;; total += 1 << 20) {
        char *more = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (more == MAP_FAILED) {
            printf("ok refused after %zu MiB\n", total >> 20);
            return;
        }
        memset(more, 1, 1 << 20);
    }
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    if (!strcmp(mode, "jump0"))
        ((void (*)(void))0)();
    else if (!strcmp(mode, "null-read"))
        return *(volatile int *)0;
    else if (!strcmp(mode, "stack-overflow"))
        return overflow(0);
    else if (!strcmp(mode, "write-text"))
        *(volatile char *)(long)main = 0;
    else if (!strcmp(mode, "illegal"))
        __builtin_trap();
    else if (!strcmp(mode, "kernel-read"))
        return *(volatile int *)0xffffffff80200000ul;
    else if (!strcmp(mode, "bad-pointers"))
        bad_pointers();
    else if (!strcmp(mode, "fork-bomb"))
        fork_bomb();
    else if (!strcmp(mode, "eat-memory"))
        eat_memory();
    else
        printf("modes: jump0 null-read stack-overflow write-text illegal kernel-read bad-pointers fork-bomb eat-memory\n");
    return failures != 0;
}
