/* What every test program needs: one line for each check, a count of failures. */
#ifndef TEST_H
#define TEST_H
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int failures;

/* Says how one check went; WHY is shown with errno when it failed. */
static inline void report(const char *name, int good, const char *why)
{
    int error = errno;
    if (good) {
        printf("ok %s\n", name);
    } else {
        printf("FAIL %s: %s (errno %d, %s)\n", name, why, error, strerror(error));
        failures++;
    }
    fflush(stdout);
}

#define CHECK(name, condition) (errno = 0, report(name, (condition), #condition))

/* Forks; the child runs BODY and exits with its value. Gives the wait status. */
#define IN_CHILD(body)                                                                             \
    ({                                                                                             \
        int status_ = -1;                                                                          \
        fflush(stdout);                                                                            \
        pid_t pid_ = fork();                                                                       \
        if (pid_ == 0)                                                                             \
            _exit(({ body; }));                                                                    \
        waitpid(pid_, &status_, 0);                                                                \
        status_;                                                                                   \
    })

/* The status is looked at twice but made once. */
#define EXITED(status, code) ({ int s_ = (status); WIFEXITED(s_) && WEXITSTATUS(s_) == (code); })
#define KILLED(status, signal) ({ int s_ = (status); WIFSIGNALED(s_) && WTERMSIG(s_) == (signal); })

#endif
