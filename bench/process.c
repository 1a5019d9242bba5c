/* Rows that make processes and threads. */
#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

/* Waits for the child and insists that it ended with 0. */
static int reap(pid_t child)
{
    int status;
    if (waitpid(child, &status, 0) != child)
        return fail("waitpid");
    if (!WIFEXITED(status) || WEXITSTATUS(status)) {
        errno = ECHILD;
        return fail("the child did not end with 0");
    }
    return 0;
}

static int fork_exit(unsigned n)
{
    while (n--) {
        pid_t child = fork();
        if (child < 0)
            return fail("fork");
        if (!child)
            _exit(0);
        if (reap(child))
            return -1;
    }
    return 0;
}

/* This program again, with the argument that makes it exit at once. */
static int fork_exec(unsigned n)
{
    char *const argv[] = { (char *)self_path, "--exit", NULL };
    char *const envp[] = { NULL };
    while (n--) {
        pid_t child = fork();
        if (child < 0)
            return fail("fork");
        if (!child) {
            execve(self_path, argv, envp);
            _exit(127);
        }
        if (reap(child))
            return -1;
    }
    return 0;
}

static void *nothing(void *arg)
{
    return arg;
}

static int thread_join(unsigned n)
{
    while (n--) {
        pthread_t thread;
        if ((errno = pthread_create(&thread, NULL, nothing, NULL)))
            return fail("pthread_create");
        if ((errno = pthread_join(thread, NULL)))
            return fail("pthread_join");
    }
    return 0;
}

const struct row process_rows[] = {
    { "fork+exit+wait", 120, NULL, fork_exit, NULL },
    { "fork+exec+wait", 60, NULL, fork_exec, NULL },
    { "thread-create+join", 400, NULL, thread_join, NULL },
    { 0 },
};
