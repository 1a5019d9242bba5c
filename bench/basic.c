/* Rows of single calls: the empty one, the clock, files, a signal. */
#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int fd = -1;
static char *file;      /* path of the file the row works on */

/* getppid, past any cache of the C library. */
static int null_syscall(unsigned n)
{
    while (n--)
        if (syscall(SYS_getppid) < 0)
            return fail("getppid");
    return 0;
}

/* Through the C library, hence through the vdso where the kernel has one. */
static int read_clock(unsigned n)
{
    struct timespec t;
    while (n--)
        if (clock_gettime(CLOCK_MONOTONIC, &t))
            return fail("clock_gettime");
    return 0;
}

static int zero_setup(void)
{
    fd = open("/dev/zero", O_RDONLY);
    return fd < 0 ? fail("open /dev/zero") : 0;
}

static int zero_read(unsigned n)
{
    char c;
    while (n--)
        if (read(fd, &c, 1) != 1)
            return fail("read /dev/zero");
    return 0;
}

static void fd_close(void)
{
    if (fd >= 0)
        close(fd);
}

static int file_setup(void)
{
    static char path[256];
    const char *from = scratch("bench-file");
    for (unsigned i = 0; i < sizeof path && (path[i] = from[i]); i++)
        ;
    file = path;
    int made = open(file, O_CREAT | O_TRUNC | O_WRONLY, 0644);
    if (made < 0)
        return fail("create the file");
    if (close(made))
        return fail("close");
    return 0;
}

static void file_teardown(void)
{
    unlink(file);
}

static int stat_op(unsigned n)
{
    struct stat st;
    while (n--)
        if (stat(file, &st))
            return fail("stat");
    return 0;
}

static int open_close(unsigned n)
{
    while (n--) {
        int opened = open(file, O_RDONLY);
        if (opened < 0)
            return fail("open");
        if (close(opened))
            return fail("close");
    }
    return 0;
}

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    (void)number;
    caught++;
}

static int signal_setup(void)
{
    struct sigaction action = { .sa_handler = on_signal };
    return sigaction(SIGUSR1, &action, NULL) ? fail("sigaction") : 0;
}

/* Sent, caught by a handler, returned from: all before the next one. */
static int signal_self(unsigned n)
{
    pid_t self = getpid();
    caught = 0;
    for (unsigned i = 0; i < n; i++)
        if (kill(self, SIGUSR1))
            return fail("kill");
    if ((unsigned)caught == n)
        return 0;
    errno = EIO;
    return fail("a signal was lost");
}

static int create_unlink(unsigned n)
{
    const char *path = scratch("bench-new");
    while (n--) {
        int made = open(path, O_CREAT | O_EXCL | O_WRONLY, 0644);
        if (made < 0)
            return fail("create");
        close(made);
        if (unlink(path))
            return fail("unlink");
    }
    return 0;
}

#define MIB (1u << 20)
static char *buffer;

static int big_setup(void)
{
    if (file_setup())
        return -1;
    buffer = malloc(MIB);
    fd = open(file, O_RDWR);
    if (!buffer || fd < 0)
        return fail("open the file");
    for (unsigned i = 0; i < MIB; i++)
        buffer[i] = (char)(i * 7);
    return write_all(fd, buffer, MIB) ? fail("write 1 MiB") : 0;
}

/* The whole file, by one call where the kernel gives it all at once. */
static int big_read(unsigned n)
{
    while (n--) {
        if (lseek(fd, 0, SEEK_SET))
            return fail("lseek");
        if (read_all(fd, buffer, MIB))
            return fail("read 1 MiB");
    }
    return 0;
}

static void big_teardown(void)
{
    fd_close();
    file_teardown();
}

const struct row basic_rows[] = {
    { "null-syscall", 20000, NULL, null_syscall, NULL },
    { "clock_gettime", 20000, NULL, read_clock, NULL },
    { "read-zero-1B", 10000, zero_setup, zero_read, fd_close },
    { "stat", 4000, file_setup, stat_op, file_teardown },
    { "open+close", 4000, file_setup, open_close, file_teardown },
    { "signal-self", 2000, signal_setup, signal_self, NULL },
    { "create+unlink", 1000, NULL, create_unlink, NULL },
    { "read-1M-tmpfs", 40, big_setup, big_read, big_teardown },
    { 0 },
};
