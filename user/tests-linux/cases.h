/* What the test programs share: `ok NAME` / `FAIL NAME: why` lines, and the exit status that follows from them.
 *
 * A program is a list of cases given to run_cases(). Each case runs in a child of its own, in a process group of its own
 * and under a time limit, so that one that crashes or hangs fails alone. Include this header once per program. */
#ifndef CASES_H
#define CASES_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Longest a case may take, in milliseconds. */
#ifndef CASE_LIMIT_MS
#define CASE_LIMIT_MS 20000
#endif

/* Where a failing case tells its reason. */
static int check_out = -1;

/* Ends the case as failed. */
__attribute__((noreturn, format(printf, 1, 2), unused)) static void give_up(const char *format, ...)
{
    char line[300];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n > (int)sizeof line - 1)
        n = sizeof line - 1;
    if (write(check_out, line, n) != n)
        _exit(2);
    _exit(1);
}

/* The condition must hold; otherwise the case fails with the line, the condition and errno. */
#define CHECK(condition)                                                                      \
    do {                                                                                      \
        errno = 0;                                                                            \
        if (!(condition))                                                                     \
            give_up("line %d: %s (errno %d %s)", __LINE__, #condition, errno, strerror(errno)); \
    } while (0)

/* Both sides, as long, must be equal; otherwise the case fails showing them. */
#define EQUAL(expression, want)                                                               \
    do {                                                                                      \
        errno = 0;                                                                            \
        long got_ = (long)(expression), want_ = (long)(want);                                 \
        if (got_ != want_)                                                                    \
            give_up("line %d: %s is %ld, not %ld (errno %d %s)", __LINE__, #expression, got_,  \
                    want_, errno, strerror(errno));                                           \
    } while (0)

/* The call must fail with -1 and the given errno. */
#define FAILS(expression, error)                                                              \
    do {                                                                                      \
        errno = 0;                                                                            \
        long got_ = (long)(expression);                                                       \
        if (got_ != -1 || errno != (error))                                                   \
            give_up("line %d: %s gave %ld, errno %d, not errno %d %s", __LINE__, #expression,  \
                    got_, errno, (error), strerror(error));                                   \
    } while (0)

struct check_case {
    const char *name;
    void (*run)(void);
};

/* Waits for `child` and gives its raw wait status. */
__attribute__((unused)) static int wait_for(pid_t child)
{
    int status = -1;
    pid_t got;
    do
        got = waitpid(child, &status, 0);
    while (got < 0 && errno == EINTR);
    if (got != child)
        give_up("waitpid(%d) gave %d, errno %d", (int)child, (int)got, errno);
    return status;
}

/* Forks or fails the case. */
__attribute__((unused)) static pid_t fork_or_fail(void)
{
    pid_t child = fork();
    if (child < 0)
        give_up("fork: %s", strerror(errno));
    return child;
}

/* Runs `body` in a child and gives the raw wait status. */
__attribute__((unused)) static int in_child(void (*body)(void))
{
    pid_t child = fork_or_fail();
    if (!child) {
        body();
        _exit(0);
    }
    return wait_for(child);
}

/* Milliseconds of the monotonic clock. */
__attribute__((unused)) static long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Sleeps, whatever signals come. */
__attribute__((unused)) static void sleep_ms(long ms)
{
    struct timespec t = { ms / 1000, ms % 1000 * 1000000 };
    while (nanosleep(&t, &t) && errno == EINTR)
        ;
}

/* Makes a new directory under /tmp and goes there. */
__attribute__((unused)) static void fresh_dir(void)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/check-%d", (int)getpid());
    if (mkdir(path, 0755) || chdir(path))
        give_up("fresh directory %s: %s", path, strerror(errno));
}

/* Runs one case; whether it passed. */
static int run_case(const struct check_case *test)
{
    char reason[301] = "";
    int ends[2], status;
    if (pipe2(ends, O_CLOEXEC)) {
        printf("FAIL %s: pipe2: %s\n", test->name, strerror(errno));
        return 0;
    }
    fflush(stdout);
    pid_t child = fork();
    if (child < 0) {
        printf("FAIL %s: fork: %s\n", test->name, strerror(errno));
        return 0;
    }
    if (!child) {
        setpgid(0, 0);
        close(ends[0]);
        check_out = ends[1];
        test->run();
        _exit(write(check_out, "+", 1) != 1);
    }
    close(ends[1]);
    struct pollfd told = { .fd = ends[0], .events = POLLIN };
    int ready = poll(&told, 1, CASE_LIMIT_MS);
    ssize_t n = ready > 0 ? read(ends[0], reason, sizeof reason - 1) : 0;
    if (ready <= 0)
        kill(child, SIGKILL);
    if (waitpid(child, &status, 0) != child)
        status = -1;
    kill(-child, SIGKILL);
    close(ends[0]);
    int passed = n == 1 && reason[0] == '+' && status == 0;
    if (passed)
        printf("ok %s\n", test->name);
    else if (ready <= 0)
        printf("FAIL %s: no end within %d ms\n", test->name, CASE_LIMIT_MS);
    else
        printf("FAIL %s: %s (wait status 0x%x)\n", test->name, n > 0 ? reason : "it ended early", status);
    fflush(stdout);
    return passed;
}

/* Runs the cases, or those named on the command line. The program's exit status. */
__attribute__((unused)) static int run_cases(const struct check_case *cases, int argc, char **argv)
{
    int failed = 0, ran = 0;
    for (; cases->name; cases++) {
        int wanted = argc < 2;
        for (int i = 1; i < argc; i++)
            wanted |= !strcmp(argv[i], cases->name);
        if (wanted) {
            ran++;
            failed += !run_case(cases);
        }
    }
    if (!ran)
        printf("FAIL %s: no such case\n", argv[1]);
    return failed || !ran;
}

#endif
