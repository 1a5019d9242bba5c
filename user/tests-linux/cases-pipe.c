/* Pipes: order, blocking, ends that close, atomic writes, many readers. */
#define _GNU_SOURCE
#include "cases.h"

#include <sys/ioctl.h>

static int ends[2];
static volatile sig_atomic_t caught;

static void note(int number)
{
    caught = number;
}

static void fresh(int flags)
{
    if (pipe2(ends, flags))
        give_up("pipe2: %s", strerror(errno));
}

static void simple(void)
{
    char got[16];
    int waiting = -1;
    fresh(0);
    EQUAL(write(ends[1], "hello", 5), 5);
    EQUAL(write(ends[1], "world", 5), 5);
    EQUAL(ioctl(ends[0], FIONREAD, &waiting), 0);
    EQUAL(waiting, 10);
    EQUAL(read(ends[0], got, 7), 7);
    CHECK(!memcmp(got, "hellowo", 7));
    EQUAL(read(ends[0], got, 16), 3);
    EQUAL(read(ends[0], got, 0), 0);
    FAILS(write(ends[0], "x", 1), EBADF);
    FAILS(read(ends[1], got, 1), EBADF);
    struct stat st;
    EQUAL(fstat(ends[0], &st), 0);
    CHECK(S_ISFIFO(st.st_mode));
}

static void end_of_stream(void)
{
    char got[4];
    fresh(0);
    EQUAL(write(ends[1], "ab", 2), 2);
    close(ends[1]);
    EQUAL(read(ends[0], got, 4), 2);
    EQUAL(read(ends[0], got, 4), 0);
    EQUAL(read(ends[0], got, 4), 0);
}

static void broken(void)
{
    fresh(0);
    close(ends[0]);
    signal(SIGPIPE, note);
    FAILS(write(ends[1], "x", 1), EPIPE);
    EQUAL(caught, SIGPIPE);
    signal(SIGPIPE, SIG_IGN);
    FAILS(write(ends[1], "x", 1), EPIPE);
    pid_t child = fork_or_fail();
    if (!child) {
        signal(SIGPIPE, SIG_DFL);
        _exit(write(ends[1], "x", 1) == 1);
    }
    EQUAL(wait_for(child), SIGPIPE);
}

static void nonblocking(void)
{
    static char block[4096];
    char c;
    long sent = 0, n;
    fresh(O_NONBLOCK);
    FAILS(read(ends[0], &c, 1), EAGAIN);
    while ((n = write(ends[1], block, sizeof block)) > 0)
        sent += n;
    int refusal = errno;
    EQUAL(n, -1);
    EQUAL(refusal, EAGAIN);
    EQUAL(sent, 65536);
    EQUAL(fcntl(ends[1], F_GETPIPE_SZ), 65536);
    EQUAL(read(ends[0], block, 100), 100);
    FAILS(write(ends[1], block, sizeof block), EAGAIN);   /* up to PIPE_BUF: whole or not at all */
    CHECK(fcntl(ends[0], F_GETFL) & O_NONBLOCK);
    EQUAL(fcntl(ends[0], F_SETFL, 0), 0);
    CHECK(!(fcntl(ends[0], F_GETFL) & O_NONBLOCK));
}

static void reader_waits(void)
{
    char c;
    fresh(0);
    pid_t child = fork_or_fail();
    if (!child) {
        sleep_ms(80);
        _exit(write(ends[1], "z", 1) != 1);
    }
    long start = now_ms();
    EQUAL(read(ends[0], &c, 1), 1);
    CHECK(now_ms() - start >= 50);
    EQUAL(wait_for(child), 0);
}

#define BIG (1u << 20)

static unsigned char pattern(unsigned i)
{
    return (unsigned char)(i * 31 + (i >> 8) * 7);
}

static void big_write(void)
{
    static unsigned char data[BIG];
    fresh(0);
    pid_t child = fork_or_fail();
    if (!child) {
        unsigned at = 0;
        close(ends[1]);
        for (long n; (n = read(ends[0], data, 10000)) > 0;)
            for (long i = 0; i < n; i++, at++)
                if (data[i] != pattern(at))
                    _exit(2);
        _exit(at != BIG);
    }
    close(ends[0]);
    for (unsigned i = 0; i < BIG; i++)
        data[i] = pattern(i);
    EQUAL(write(ends[1], data, BIG), BIG);    /* one call, all of it */
    close(ends[1]);
    EQUAL(wait_for(child), 0);
}

static void many_readers(void)
{
    enum { READERS = 8, RECORDS = 400 };
    int total = 0;
    fresh(0);
    for (int i = 0; i < READERS; i++)
        if (!fork_or_fail()) {
            char record[16];
            int seen = 0;
            close(ends[1]);
            while (read(ends[0], record, 16) == 16)
                seen++;
            _exit(seen > 255 ? 255 : seen);
        }
    close(ends[0]);
    for (int i = 0; i < RECORDS; i++) {
        EQUAL(write(ends[1], "sixteen bytes ok", 16), 16);
        if (i % 40 == 0)
            sleep_ms(1);
    }
    close(ends[1]);
    for (int i = 0; i < READERS; i++) {
        int status;
        CHECK(wait(&status) > 0 && WIFEXITED(status));
        total += WEXITSTATUS(status);
    }
    if (total > RECORDS || total < RECORDS / 2)   /* one reader that got over 255 cannot say so exactly */
        give_up("%d records of %d arrived", total, RECORDS);
}

static void many_writers(void)
{
    enum { WRITERS = 6, EACH = 60, SIZE = 512 };
    char record[SIZE];
    int seen[WRITERS] = { 0 };
    fresh(0);
    for (int i = 0; i < WRITERS; i++)
        if (!fork_or_fail()) {
            memset(record, i, SIZE);
            for (int k = 0; k < EACH; k++)
                if (write(ends[1], record, SIZE) != SIZE)
                    _exit(1);
            _exit(0);
        }
    close(ends[1]);
    for (int k = 0; k < WRITERS * EACH; k++) {
        EQUAL(read(ends[0], record, SIZE), SIZE);
        CHECK(record[0] >= 0 && record[0] < WRITERS);
        for (int i = 1; i < SIZE; i++)
            CHECK(record[i] == record[0]);        /* writes up to PIPE_BUF do not mix */
        seen[(int)record[0]]++;
    }
    for (int i = 0; i < WRITERS; i++) {
        EQUAL(seen[i], EACH);
        CHECK(wait(NULL) > 0);
    }
}

static void polled(void)
{
    static char block[65536];
    fresh(0);
    struct pollfd in = { .fd = ends[0], .events = POLLIN }, out = { .fd = ends[1], .events = POLLOUT };
    EQUAL(poll(&in, 1, 0), 0);
    EQUAL(poll(&out, 1, 0), 1);
    EQUAL(write(ends[1], block, sizeof block), sizeof block);
    EQUAL(poll(&out, 1, 20), 0);
    EQUAL(poll(&in, 1, -1), 1);
    EQUAL(in.revents, POLLIN);
    EQUAL(read(ends[0], block, sizeof block), sizeof block);
    close(ends[1]);
    EQUAL(poll(&in, 1, -1), 1);
    EQUAL(in.revents, POLLHUP);
    fresh(0);
    close(ends[0]);
    out.fd = ends[1];
    EQUAL(poll(&out, 1, -1), 1);
    CHECK(out.revents & POLLERR);
}

static void named(void)
{
    char c;
    fresh_dir();
    EQUAL(mkfifo("fifo", 0644), 0);
    FAILS(open("fifo", O_WRONLY | O_NONBLOCK), ENXIO);
    pid_t child = fork_or_fail();
    if (!child) {
        int fd = open("fifo", O_WRONLY);
        _exit(fd < 0 || write(fd, "f", 1) != 1);
    }
    int fd = open("fifo", O_RDONLY);
    CHECK(fd >= 0);
    EQUAL(read(fd, &c, 1), 1);
    EQUAL(c, 'f');
    EQUAL(read(fd, &c, 1), 0);
    EQUAL(wait_for(child), 0);
}

static const struct check_case cases[] = {
    { "simple", simple }, { "end-of-stream", end_of_stream }, { "broken", broken }, { "nonblocking", nonblocking },
    { "reader-waits", reader_waits }, { "big-write", big_write }, { "many-readers", many_readers },
    { "many-writers", many_writers }, { "polled", polled }, { "named", named }, { 0 },
};

int main(int argc, char **argv)
{
    return run_cases(cases, argc, argv);
}
