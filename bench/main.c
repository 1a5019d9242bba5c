/* scarlet-bench: what the basic calls of the Linux ABI cost, on whatever kernel runs it.
 *
 *   scarlet-bench [--rows NAME,NAME...] [--quick] [--list]
 *
 * One line a row: `row NAME ns VALUE` (per operation, by CLOCK_MONOTONIC), or `skip NAME REASON` where a call of the row
 * failed or the row hung. Each row runs in a child of its own with a time limit, so that neither a crash nor a hang of one
 * row takes the others along. The figure is the fastest of several batches: a timer tick or a noisy host only ever adds. */
#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

char why[160];
const char *self_path;

static const struct row *const groups[] = { basic_rows, process_rows, memory_rows, stream_rows };

/* The order in which DESIGN lists the rows, and in which they are run and printed. */
static const char *const order[] = {
    "null-syscall", "clock_gettime", "read-zero-1B", "stat", "open+close", "signal-self", "pipe-rtt", "unix-rtt",
    "fork+exit+wait", "fork+exec+wait", "thread-create+join", "mmap+munmap-64K", "page-faults-64", "create+unlink",
    "read-1M-tmpfs", "pipe-64K", "tcp-rtt", "tcp-64K",
};
#define ROWS (sizeof order / sizeof *order)

/* How hard to measure. */
struct effort {
    unsigned batches;     /* measured batches, after one that only warms up */
    unsigned divisor;     /* batches are this much shorter */
    unsigned limit_ms;    /* a row that takes longer is given up */
};
static const struct effort full = { 9, 1, 60000 }, quick = { 5, 4, 10000 };

int fail(const char *what)
{
    snprintf(why, sizeof why, "%s: %s", what, strerror(errno));
    return -1;
}

const char *scratch(const char *name)
{
    static char path[256];
    const char *dir = getenv("BENCH_TMP");
    snprintf(path, sizeof path, "%s/%s", dir ? dir : "/tmp", name);
    return path;
}

int read_all(int fd, void *buf, unsigned long len)
{
    for (char *at = buf; len;) {
        ssize_t n = read(fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            if (!n)
                errno = EPIPE;
            return -1;
        }
        at += n;
        len -= n;
    }
    return 0;
}

int write_all(int fd, const void *buf, unsigned long len)
{
    for (const char *at = buf; len;) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        at += n;
        len -= n;
    }
    return 0;
}

static uint64_t now(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_MONOTONIC, &t))
        return 0;
    return (uint64_t)t.tv_sec * 1000000000u + t.tv_nsec;
}

/* Measures one row. 0 and the nanoseconds of one operation, or -1 with `why` set. */
static int measure(const struct row *row, const struct effort *effort, double *ns)
{
    unsigned ops = row->ops / effort->divisor;
    int bad;
    if (!ops)
        ops = 1;
    *ns = -1;
    bad = row->setup ? row->setup() : 0;
    for (unsigned batch = 0; !bad && batch <= effort->batches; batch++) {
        uint64_t start = now();
        bad = row->op(ops);
        double each = (double)(now() - start) / ops;
        if (batch && (*ns < 0 || each < *ns))
            *ns = each;
    }
    if (row->teardown)
        row->teardown();
    if (!bad && *ns <= 0) {
        snprintf(why, sizeof why, "the clock does not move");
        bad = -1;
    }
    return bad;
}

/* The child's whole life: measures and sends the line back. */
static void measure_and_tell(const struct row *row, const struct effort *effort, int out)
{
    char line[256];
    double ns;
    if (measure(row, effort, &ns))
        snprintf(line, sizeof line, "skip %s %s\n", row->name, why[0] ? why : "failed");
    else
        snprintf(line, sizeof line, "row %s ns %.1f\n", row->name, ns);
    _exit(write_all(out, line, strlen(line)) != 0);
}

/* Runs the row in a child, which leads a process group so that its helpers can be ended with it. */
static void run(const struct row *row, const struct effort *effort)
{
    char line[256];
    int ends[2], status = 0;
    if (pipe(ends)) {
        printf("skip %s pipe: %s\n", row->name, strerror(errno));
        return;
    }
    fflush(stdout);
    pid_t child = fork();
    if (child < 0) {
        printf("skip %s fork: %s\n", row->name, strerror(errno));
        close(ends[0]);
        close(ends[1]);
        return;
    }
    if (!child) {
        setpgid(0, 0);
        close(ends[0]);
        measure_and_tell(row, effort, ends[1]);
    }
    setpgid(child, child);
    close(ends[1]);
    struct pollfd wait_for = { .fd = ends[0], .events = POLLIN };
    int ready = poll(&wait_for, 1, effort->limit_ms);
    ssize_t n = ready > 0 ? read(ends[0], line, sizeof line - 1) : 0;
    int lost = errno;
    if (n <= 0)
        kill(child, SIGKILL);
    kill(-child, SIGKILL);
    waitpid(child, &status, 0);
    close(ends[0]);
    if (n > 0)
        printf("%.*s", (int)n, line);
    else if (ready == 0)
        printf("skip %s no answer within %u ms\n", row->name, effort->limit_ms);
    else if (ready < 0)
        printf("skip %s poll: %s\n", row->name, strerror(lost));
    else
        printf("skip %s ended with wait status 0x%x\n", row->name, status);
    fflush(stdout);
}

static const struct row *find(const char *name)
{
    for (unsigned g = 0; g < sizeof groups / sizeof *groups; g++)
        for (const struct row *row = groups[g]; row->name; row++)
            if (!strcmp(row->name, name))
                return row;
    return NULL;
}

/* Whether `name` is an element of the comma-separated list; a null list holds everything. */
static int listed(const char *list, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (!strncmp(at, name, len) && (!at[len] || at[len] == ','))
            return 1;
    return !list;
}

/* Complains of a name in `list` that is no row. */
static int check_names(const char *list)
{
    char copy[512];
    snprintf(copy, sizeof copy, "%s", list ? list : "");
    for (char *name = strtok(copy, ","); name; name = strtok(NULL, ","))
        if (!find(name)) {
            fprintf(stderr, "scarlet-bench: no row named %s; --list names them\n", name);
            return -1;
        }
    return 0;
}

/* As process 1 of a bare Linux (the initramfs holds nothing but this program) there is no environment yet. */
static void be_init(void)
{
    extern void prepare_bare_linux(void);
    if (getpid() == 1)
        prepare_bare_linux();
}

int main(int argc, char **argv)
{
    const struct effort *effort = &full;
    const char *rows = NULL;
    self_path = getpid() == 1 ? "/init" : strchr(argv[0], '/') ? argv[0] : "/proc/self/exe";
    if (argc == 2 && !strcmp(argv[1], "--exit"))
        _exit(0);
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--quick"))
            effort = &quick;
        else if (!strcmp(argv[i], "--rows") && i + 1 < argc)
            rows = argv[++i];
        else if (!strcmp(argv[i], "--list")) {
            for (unsigned r = 0; r < ROWS; r++)
                puts(order[r]);
            return 0;
        } else if (getpid() != 1) {   /* the kernel hands its own unknown words to init: those are let pass */
            fprintf(stderr, "usage: scarlet-bench [--rows NAME,NAME...] [--quick] [--list]\n");
            return 2;
        }
    }
    if (check_names(rows))
        return 2;
    be_init();
    for (unsigned r = 0; r < ROWS; r++)
        if (listed(rows, order[r]))
            run(find(order[r]), effort);
    if (getpid() == 1) {
        extern void power_off(void);
        power_off();
    }
    return 0;
}
