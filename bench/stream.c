/* Rows between two processes: one byte there and back, or 64 KiB one way, over pipes, Unix sockets and TCP. */
#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCK (64u << 10)

static int to = -1, from = -1;      /* our ends */
static pid_t partner = -1;
static char block[BLOCK];

/* Sends every byte back until the stream ends. */
static void echo(int in, int out)
{
    char c;
    while (read(in, &c, 1) == 1)
        if (write(out, &c, 1) != 1)
            break;
    _exit(0);
}

/* Takes whole blocks and confirms each with one byte. */
static void sink(int in, int out)
{
    while (!read_all(in, block, BLOCK))
        if (write(out, block, 1) != 1)
            break;
    _exit(0);
}

/* Starts the partner on `in` and `out`; the caller's ends become ours. */
static int start(int in, int out, int our_to, int our_from, void (*life)(int, int))
{
    signal(SIGPIPE, SIG_IGN);
    to = our_to;
    from = our_from;
    partner = fork();
    if (partner < 0)
        return fail("fork");
    if (!partner) {
        close(to);
        if (from != to)
            close(from);
        life(in, out);
    }
    close(in);
    if (out != in)
        close(out);
    return 0;
}

static int pipes(void (*life)(int, int))
{
    int there[2], back[2];
    if (pipe(there) || pipe(back))
        return fail("pipe");
    return start(there[0], back[1], there[1], back[0], life);
}

static int pipe_echo(void)
{
    return pipes(echo);
}

static int pipe_sink(void)
{
    return pipes(sink);
}

static int unix_echo(void)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
        return fail("socketpair");
    return start(ends[0], ends[0], ends[1], ends[1], echo);
}

/* A connection to ourselves over the loopback interface, without Nagle's delay. */
static int tcp(void (*life)(int, int))
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int one = 1;
    int door = socket(AF_INET, SOCK_STREAM, 0), ours = socket(AF_INET, SOCK_STREAM, 0);
    if (door < 0 || ours < 0)
        return fail("socket");
    if (bind(door, (struct sockaddr *)&at, sizeof at) || listen(door, 1))
        return fail("listen");
    if (getsockname(door, (struct sockaddr *)&at, &len))
        return fail("getsockname");
    if (connect(ours, (struct sockaddr *)&at, sizeof at))
        return fail("connect");
    int theirs = accept(door, NULL, NULL);
    if (theirs < 0)
        return fail("accept");
    close(door);
    if (setsockopt(ours, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one)
        || setsockopt(theirs, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one))
        return fail("TCP_NODELAY");
    return start(theirs, theirs, ours, ours, life);
}

static int tcp_echo(void)
{
    return tcp(echo);
}

static int tcp_sink(void)
{
    return tcp(sink);
}

static int round_trip(unsigned n)
{
    char c = 'x';
    while (n--) {
        if (write(to, &c, 1) != 1)
            return fail("write");
        if (read_all(from, &c, 1))
            return fail("read");
    }
    return 0;
}

static int send_block(unsigned n)
{
    char c;
    while (n--) {
        if (write_all(to, block, BLOCK))
            return fail("write 64 KiB");
        if (read_all(from, &c, 1))
            return fail("read the receipt");
    }
    return 0;
}

/* Hanging up ends the partner. */
static void hang_up(void)
{
    if (to >= 0)
        close(to);
    if (from >= 0 && from != to)
        close(from);
    if (partner > 0)
        waitpid(partner, NULL, 0);
}

const struct row stream_rows[] = {
    { "pipe-rtt", 1000, pipe_echo, round_trip, hang_up },
    { "unix-rtt", 800, unix_echo, round_trip, hang_up },
    { "pipe-64K", 200, pipe_sink, send_block, hang_up },
    { "tcp-rtt", 400, tcp_echo, round_trip, hang_up },
    { "tcp-64K", 100, tcp_sink, send_block, hang_up },
    { 0 },
};
