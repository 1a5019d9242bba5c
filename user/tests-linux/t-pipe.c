/* Pipes: blocking, ends, big and atomic writes, several readers, SIGPIPE. */
#include "test.h"
#include <poll.h>

static char buffer[200000];

int main(void)
{
    int fds[2];
    CHECK("pipe", pipe(fds) == 0);
    CHECK("bytes go through", write(fds[1], "abc", 3) == 3 && read(fds[0], buffer, 10) == 3 && !memcmp(buffer, "abc", 3));
    CHECK("wrong ends", read(fds[1], buffer, 1) == -1 && errno == EBADF && write(fds[0], "x", 1) == -1 && errno == EBADF);
    CHECK("no seeking", lseek(fds[0], 0, SEEK_CUR) == -1 && errno == ESPIPE);
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    CHECK("empty and not waiting", read(fds[0], buffer, 1) == -1 && errno == EAGAIN);
    fcntl(fds[0], F_SETFL, 0);
    fcntl(fds[1], F_SETFL, O_NONBLOCK);
    ssize_t total = 0, wrote;
    int error;
    while ((wrote = write(fds[1], buffer, 4096)) > 0)
        total += wrote;
    error = errno;
    CHECK("full and not waiting", wrote == -1 && error == EAGAIN && total == 65536);
    struct pollfd poll_fds[2] = {{fds[0], POLLIN}, {fds[1], POLLOUT}};
    CHECK("full pipe can be read, not written", poll(poll_fds, 2, 0) == 1 && poll_fds[0].revents == POLLIN && poll_fds[1].revents == 0);
    while (total > 0)
        total -= read(fds[0], buffer, sizeof buffer);
    fcntl(fds[1], F_SETFL, 0);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        close(fds[0]);
        for (size_t i = 0; i < sizeof buffer; i++)
            buffer[i] = (char)(i * 7);
        _exit(write(fds[1], buffer, sizeof buffer) == sizeof buffer ? 0 : 1);
    }
    close(fds[1]);
    int good = 1;
    ssize_t got;
    while ((got = read(fds[0], buffer, 3000)) > 0)
        for (ssize_t i = 0; i < got; i++, total++)
            good &= buffer[i] == (char)(total * 7);
    int status;
    waitpid(pid, &status, 0);
    CHECK("a big write arrives in order", good && total == sizeof buffer && EXITED(status, 0));
    CHECK("end of file", got == 0);
    close(fds[0]);
    pipe(fds);
    close(fds[0]);
    CHECK("SIGPIPE kills", KILLED(IN_CHILD(write(fds[1], "x", 1); 0), SIGPIPE));
    signal(SIGPIPE, SIG_IGN);
    CHECK("EPIPE", write(fds[1], "x", 1) == -1 && errno == EPIPE);
    poll_fds[0] = (struct pollfd){fds[1], POLLOUT};
    CHECK("poll tells the error", poll(poll_fds, 1, 0) == 1 && (poll_fds[0].revents & POLLERR));
    close(fds[1]);
    pipe(fds);
    for (int i = 0; i < 5; i++) {
        if (fork() == 0) {
            close(fds[1]);
            char byte;
            _exit(read(fds[0], &byte, 1) == 1 ? byte : 99);
        }
    }
    int sum = 0;
    CHECK("write to many readers", write(fds[1], "\1\2\3\4\5", 5) == 5);
    for (int i = 0; i < 5; i++) {
        wait(&status);
        sum += WEXITSTATUS(status);
    }
    CHECK("each byte is read once", sum == 15);
    return failures != 0;
}
