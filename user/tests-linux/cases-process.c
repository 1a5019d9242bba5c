/* Processes: fork, wait, exec, exit, orphans, groups and sessions. */
#define _GNU_SOURCE
#include "cases.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static const char *self;

static void die_by_segv(void)
{
    struct rlimit no_core = { 0, 0 };
    setrlimit(RLIMIT_CORE, &no_core);
    raise(SIGSEGV);
}

static void exit_codes(void)
{
    static const int codes[] = { 0, 1, 42, 255 };
    for (unsigned i = 0; i < 4; i++) {
        pid_t child = fork_or_fail();
        if (!child)
            _exit(codes[i]);
        int status = wait_for(child);
        CHECK(WIFEXITED(status));
        EQUAL(WEXITSTATUS(status), codes[i]);
    }
    pid_t child = fork_or_fail();
    if (!child)
        _exit(0x1234);
    EQUAL(wait_for(child), 0x3400);
}

static void signal_status(void)
{
    int status = in_child(die_by_segv);
    CHECK(WIFSIGNALED(status));
    EQUAL(WTERMSIG(status), SIGSEGV);
    pid_t child = fork_or_fail();
    if (!child)
        for (;;)
            pause();
    EQUAL(kill(child, SIGKILL), 0);
    EQUAL(wait_for(child), SIGKILL);
}

static void identity(void)
{
    pid_t me = getpid();
    pid_t child = fork_or_fail();
    if (!child)
        _exit(getppid() != me || getpid() == me);
    EQUAL(wait_for(child), 0);
}

static void nohang(void)
{
    int ends[2], status;
    CHECK(!pipe(ends));
    pid_t child = fork_or_fail();
    if (!child) {
        char c;
        close(ends[1]);
        _exit(read(ends[0], &c, 1) != 0);
    }
    EQUAL(waitpid(child, &status, WNOHANG), 0);
    close(ends[0]);
    close(ends[1]);
    EQUAL(wait_for(child), 0);
    FAILS(waitpid(child, &status, WNOHANG), ECHILD);
    FAILS(wait(NULL), ECHILD);
}

static void stopped_and_continued(void)
{
    int status;
    pid_t child = fork_or_fail();
    if (!child)
        for (;;)
            pause();
    EQUAL(kill(child, SIGSTOP), 0);
    EQUAL(waitpid(child, &status, WUNTRACED), child);
    CHECK(WIFSTOPPED(status));
    EQUAL(WSTOPSIG(status), SIGSTOP);
    EQUAL(kill(child, SIGCONT), 0);
    EQUAL(waitpid(child, &status, WCONTINUED), child);
    CHECK(WIFCONTINUED(status));
    EQUAL(kill(child, SIGTERM), 0);
    EQUAL(wait_for(child), SIGTERM);
}

static void waitid_info(void)
{
    siginfo_t info;
    pid_t child = fork_or_fail();
    if (!child)
        _exit(7);
    memset(&info, 0, sizeof info);
    EQUAL(waitid(P_PID, child, &info, WEXITED | WNOWAIT), 0);
    EQUAL(info.si_pid, child);
    EQUAL(info.si_code, CLD_EXITED);
    EQUAL(info.si_status, 7);
    EQUAL(wait_for(child), 7 << 8);
}

static void wait_usage(void)
{
    struct rusage usage;
    int status;
    pid_t child = fork_or_fail();
    if (!child)
        _exit(3);
    memset(&usage, 0xff, sizeof usage);
    EQUAL(wait4(child, &status, 0, &usage), child);
    EQUAL(status, 3 << 8);
    CHECK(usage.ru_utime.tv_usec >= 0 && usage.ru_utime.tv_usec < 1000000);
}

/* What the re-executed program does: see main(). */
static int exec_with(char *const argv[], char *const envp[])
{
    pid_t child = fork_or_fail();
    if (!child) {
        execve(self, argv, envp);
        _exit(126);
    }
    return wait_for(child);
}

static void exec_arguments(void)
{
    char *argv[] = { "a program", "--echo", "", "two words", "three", NULL };
    char *envp[] = { "CHECK=value", "EMPTY=", NULL };
    EQUAL(exec_with(argv, envp), 0);
}

static void exec_many_arguments(void)
{
    static char *argv[1004], text[1000][64];
    argv[0] = "program";
    argv[1] = "--count";
    argv[2] = "1003";
    for (int i = 0; i < 1000; i++) {
        snprintf(text[i], sizeof text[i], "argument number %d with some words to fill pages", i);
        argv[3 + i] = text[i];
    }
    char *envp[] = { NULL };
    EQUAL(exec_with(argv, envp), 0);
}

static void exec_errors(void)
{
    char *argv[] = { "x", NULL };
    fresh_dir();
    FAILS(execve("not-there", argv, environ), ENOENT);
    FAILS(execve("/tmp", argv, environ), EACCES);
    FAILS(execve("", argv, environ), ENOENT);
    int fd = open("no-image", O_CREAT | O_WRONLY, 0755);
    CHECK(fd >= 0);
    EQUAL(write(fd, "\001\002\003 nothing known", 17), 17);
    close(fd);
    FAILS(execve("no-image", argv, environ), ENOEXEC);
    EQUAL(chmod("no-image", 0644), 0);
    FAILS(execve("no-image", argv, environ), EACCES);
    FAILS(execve("no-image/below", argv, environ), ENOTDIR);
    const char *volatile nowhere = (const char *)8;
    FAILS(execve(nowhere, argv, environ), EFAULT);
}

static void exec_script(void)
{
    char line[300];
    fresh_dir();
    int fd = open("script", O_CREAT | O_WRONLY, 0755);
    CHECK(fd >= 0);
    int n = snprintf(line, sizeof line, "#!%s --script one\nthe rest is ours\n", self);
    EQUAL(write(fd, line, n), n);
    close(fd);
    pid_t child = fork_or_fail();
    if (!child) {
        char *argv[] = { "ignored", "last", NULL };
        execve("./script", argv, environ);
        _exit(126);
    }
    EQUAL(wait_for(child), 0);
}

static void exec_keeps_and_closes(void)
{
    char kept[16], closed[16];
    int keep = open("/dev/null", O_RDONLY), close_it = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHECK(keep >= 0 && close_it >= 0);
    snprintf(kept, sizeof kept, "%d", keep);
    snprintf(closed, sizeof closed, "%d", close_it);
    char *argv[] = { "x", "--fds", kept, closed, NULL };
    EQUAL(exec_with(argv, environ), 0);
}

static void vfork_exec(void)
{
    char *argv[] = { "x", "--exit", "9", NULL };
    volatile int touched = 0;
    pid_t child = vfork();
    CHECK(child >= 0);
    if (!child) {
        touched = 1;
        execve(self, argv, environ);
        _exit(126);
    }
    EQUAL(touched, 1);
    EQUAL(wait_for(child), 9 << 8);
}

static void orphans(void)
{
    int ends[2];
    pid_t parent = 0;
    CHECK(!pipe(ends));
    pid_t child = fork_or_fail();
    if (!child) {
        pid_t me = getpid();
        if (!fork_or_fail()) {
            while (getppid() == me)
                sleep_ms(5);
            parent = getppid();
            _exit(write(ends[1], &parent, sizeof parent) != sizeof parent);
        }
        _exit(0);
    }
    EQUAL(wait_for(child), 0);
    EQUAL(read(ends[0], &parent, sizeof parent), sizeof parent);
    CHECK(parent > 0 && parent != child && parent != getpid());
}

static void subreaper(void)
{
    EQUAL(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    pid_t child = fork_or_fail();
    if (!child) {
        if (!fork_or_fail()) {
            sleep_ms(50);
            _exit(5);
        }
        _exit(0);
    }
    EQUAL(wait_for(child), 0);
    int status;
    pid_t adopted = wait(&status);
    CHECK(adopted > 0 && adopted != child);
    EQUAL(status, 5 << 8);
}

static void groups(void)
{
    int status;
    EQUAL(getpgrp(), getpid());       /* cases.h made this case the leader of its group */
    pid_t child = fork_or_fail();
    if (!child)
        for (;;)
            pause();
    EQUAL(getpgid(child), getpid());
    EQUAL(setpgid(child, child), 0);
    EQUAL(getpgid(child), child);
    FAILS(waitpid(0, &status, WNOHANG), ECHILD);
    EQUAL(kill(-child, SIGTERM), 0);
    EQUAL(waitpid(-child, &status, 0), child);
    EQUAL(status, SIGTERM);
    FAILS(kill(-child, 0), ESRCH);
    FAILS(setpgid(0, 0x7ffffff), EPERM);
}

static void new_session(void)
{
    if (setsid() < 0 && errno != EPERM)
        give_up("setsid: %s", strerror(errno));
    FAILS(setsid(), EPERM);           /* a group leader may not */
    pid_t child = fork_or_fail();
    if (!child) {
        CHECK(setsid() == getpid());
        CHECK(getsid(0) == getpid() && getpgrp() == getpid());
        FAILS(setpgid(0, 0), EPERM);
        _exit(0);
    }
    EQUAL(wait_for(child), 0);
}

static void fork_many(void)
{
    int seen = 0;
    for (int i = 0; i < 50; i++)
        if (!fork_or_fail())
            _exit(i);
    for (int i = 0; i < 50; i++) {
        int status;
        CHECK(wait(&status) > 0);
        CHECK(WIFEXITED(status));
        seen += WEXITSTATUS(status);
    }
    EQUAL(seen, 49 * 50 / 2);
}

static const struct check_case cases[] = {
    { "exit-codes", exit_codes }, { "signal-status", signal_status }, { "identity", identity }, { "nohang", nohang },
    { "stopped-and-continued", stopped_and_continued }, { "waitid", waitid_info }, { "wait4-usage", wait_usage },
    { "exec-arguments", exec_arguments }, { "exec-many-arguments", exec_many_arguments }, { "exec-errors", exec_errors },
    { "exec-script", exec_script }, { "exec-descriptors", exec_keeps_and_closes }, { "vfork", vfork_exec },
    { "orphans", orphans }, { "subreaper", subreaper }, { "groups", groups }, { "sessions", new_session },
    { "fork-many", fork_many }, { 0 },
};

/* What this program answers when a case has executed it again; -1 when none has. */
static int executed_again(int argc, char **argv)
{
    if (argc < 2)
        return -1;
    if (!strcmp(argv[1], "--exit"))
        return atoi(argv[2]);
    if (!strcmp(argv[1], "--count"))
        return argc != atoi(argv[2]) || strcmp(argv[argc - 1], "argument number 999 with some words to fill pages");
    if (!strcmp(argv[1], "--fds"))
        return fcntl(atoi(argv[2]), F_GETFD) != 0 || fcntl(atoi(argv[3]), F_GETFD) != -1 || errno != EBADF;
    if (!strcmp(argv[1], "--script one"))      /* all after the interpreter is one argument */
        return argc != 4 || strcmp(argv[2], "./script") || strcmp(argv[3], "last");
    if (!strcmp(argv[1], "--echo"))
        return argc != 5 || strcmp(argv[0], "a program") || argv[2][0] || strcmp(argv[3], "two words") || argv[5]
            || !getenv("CHECK") || strcmp(getenv("CHECK"), "value") || !getenv("EMPTY") || environ[2];
    return -1;
}

int main(int argc, char **argv)
{
    static char path[256];
    int again = executed_again(argc, argv);
    if (again >= 0)
        return again;
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    self = n > 0 ? path : argv[0];
    return run_cases(cases, argc, argv);
}
