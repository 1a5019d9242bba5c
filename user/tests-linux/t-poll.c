/* poll, ppoll, select, pselect. */
#include "test.h"
#include <poll.h>
#include <sys/select.h>
#include <time.h>

static volatile sig_atomic_t hits;

static void count(int signal)
{
    (void)signal;
    hits++;
}

int main(void)
{
    int fds[2];
    pipe(fds);
    struct pollfd one = {fds[0], POLLIN};
    CHECK("nothing yet", poll(&one, 1, 0) == 0 && one.revents == 0);
    CHECK("times out", poll(&one, 1, 10) == 0);
    write(fds[1], "x", 1);
    CHECK("readable", poll(&one, 1, -1) == 1 && one.revents == POLLIN);
    struct pollfd three[3] = {{-1, POLLIN}, {fds[1], POLLOUT}, {77, POLLIN}};
    CHECK("negative is skipped, closed is told", poll(three, 3, 0) == 2 && three[0].revents == 0 && three[1].revents == POLLOUT && three[2].revents == POLLNVAL);
    char byte;
    read(fds[0], &byte, 1);
    fflush(stdout);
    if (fork() == 0) {
        usleep(20000);
        _exit(write(fds[1], "y", 1) != 1);
    }
    CHECK("woken by another process", poll(&one, 1, 5000) == 1 && one.revents == POLLIN);
    wait(NULL);
    fd_set set, writable;
    FD_ZERO(&set);
    FD_ZERO(&writable);
    FD_SET(fds[0], &set);
    FD_SET(fds[1], &writable);
    CHECK("select", select(fds[1] + 1, &set, &writable, NULL, NULL) == 2 && FD_ISSET(fds[0], &set) && FD_ISSET(fds[1], &writable));
    read(fds[0], &byte, 1);
    struct timeval time = {.tv_usec = 10000};
    FD_ZERO(&set);
    FD_SET(fds[0], &set);
    CHECK("select times out and clears", select(fds[0] + 1, &set, NULL, NULL, &time) == 0 && !FD_ISSET(fds[0], &set));
    FD_SET(50, &set);
    CHECK("select of a closed one", select(51, &set, NULL, NULL, &time) == -1 && errno == EBADF);
    sigset_t blocked, none;
    sigemptyset(&none);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    signal(SIGUSR1, count);
    raise(SIGUSR1);
    CHECK("blocked signal does not interrupt", poll(&one, 1, 10) == 0 && hits == 0);
    CHECK("ppoll lets it in", ppoll(&one, 1, NULL, &none) == -1 && errno == EINTR && hits == 1);
    sigprocmask(SIG_BLOCK, NULL, &none);
    CHECK("and puts the mask back", sigismember(&none, SIGUSR1));
    close(fds[1]);
    CHECK("hang-up", poll(&one, 1, 0) == 1 && one.revents == POLLHUP);
    return failures != 0;
}
