/* Processes: fork, exec, wait, exit codes, orphans, groups, sessions. */
#include "test.h"
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

static void statuses(void)
{
    CHECK("exit code", EXITED(IN_CHILD(7), 7));
    CHECK("exit code is cut to a byte", EXITED(IN_CHILD(_exit(258); 0), 2));
    CHECK("killed by SIGTERM", KILLED(IN_CHILD(raise(SIGTERM); 0), SIGTERM));
    CHECK("killed by SIGKILL", KILLED(IN_CHILD(kill(getpid(), SIGKILL); 0), SIGKILL));
    CHECK("abort", KILLED(IN_CHILD(abort(); 0), SIGABRT));
    CHECK("null pointer", KILLED(IN_CHILD(*(volatile int *)8 = 1; 0), SIGSEGV));
    CHECK("no child", waitpid(-1, NULL, 0) == -1 && errno == ECHILD);
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        pause();
        _exit(0);
    }
    CHECK("WNOHANG gives 0", waitpid(pid, &status, WNOHANG) == 0);
    kill(pid, SIGSTOP);
    CHECK("stopped", waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    kill(pid, SIGCONT);
    CHECK("continued", waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status));
    kill(pid, SIGKILL);
    siginfo_t info = {0};
    CHECK("waitid keeps with WNOWAIT", waitid(P_PID, pid, &info, WEXITED | WNOWAIT) == 0 && info.si_pid == pid);
    CHECK("waitid says killed", info.si_code == CLD_KILLED && info.si_status == SIGKILL);
    CHECK("then it can be waited for", waitpid(pid, &status, 0) == pid && KILLED(status, SIGKILL));
}

static void execs(char *self)
{
    char *argv[] = {"name", "args", "a b", "", NULL};
    char *envp[] = {"ONE=1", NULL};
    CHECK("arguments and environment", EXITED(IN_CHILD(execve(self, argv, envp); 99), 42));
    char *closing[] = {"name", "closed", NULL};
    CHECK("close on exec", EXITED(IN_CHILD(dup3(1, 50, O_CLOEXEC); dup2(1, 51); execv(self, closing); 99), 0));
    char *ignoring[] = {"name", "ignored", NULL};
    CHECK("ignored signals stay ignored", EXITED(IN_CHILD(signal(SIGUSR1, SIG_IGN); execv(self, ignoring); 99), 0));
    CHECK("exec of nothing", execl("/nonexistent", "x", NULL) == -1 && errno == ENOENT);
    CHECK("exec of a directory", execl("/", "x", NULL) == -1 && errno == EACCES);
    char *none[] = {"x", NULL};
    CHECK("exec with a bad pointer", execve((char *)1, none, none) == -1 && errno == EFAULT);
    pid_t pid = vfork();
    if (pid == 0) {
        execve(self, argv, envp);
        _exit(98);
    }
    int status;
    CHECK("vfork and exec", waitpid(pid, &status, 0) == pid && EXITED(status, 42));
}

static void families(void)
{
    int pipe_fds[2];
    pid_t parent_seen = -1;
    if (pipe(pipe_fds))
        return;
    pid_t middle = fork();
    if (middle == 0) {
        if (fork() == 0) {
            while (getppid() == (pid_t)syscall(SYS_getppid) && getppid() != 1)
                usleep(1000);
            pid_t now = getppid();
            if (write(pipe_fds[1], &now, sizeof now) < 0)
                _exit(1);
        }
        _exit(0);
    }
    waitpid(middle, NULL, 0);
    CHECK("orphan gets another parent", read(pipe_fds[0], &parent_seen, sizeof parent_seen) == sizeof parent_seen && parent_seen != middle);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    CHECK("new session", EXITED(IN_CHILD(setsid() == getpid() && getsid(0) == getpid() && getpgrp() == getpid() ? 0 : 1), 0));
    CHECK("group leader cannot make a session", EXITED(IN_CHILD(setpgid(0, 0); setsid() == -1 && errno == EPERM ? 0 : 1), 0));
    CHECK("new group", EXITED(IN_CHILD(setpgid(0, 0) == 0 && getpgrp() == getpid() ? 0 : 1), 0));
    CHECK("kill a group", KILLED(IN_CHILD(setpgid(0, 0); kill(0, SIGTERM); pause(); 0), SIGTERM));
    pid_t pids[20];
    int good = 1;
    for (int i = 0; i < 20; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            _exit(i);
    }
    for (int i = 0; i < 20; i++) {
        int status;
        good &= waitpid(pids[i], &status, 0) == pids[i] && EXITED(status, i);
    }
    CHECK("many children", good);
}

static void others(void)
{
    char name[16] = "";
    prctl(PR_SET_NAME, "renamed");
    CHECK("prctl name", prctl(PR_GET_NAME, name) == 0 && !strcmp(name, "renamed"));
    struct rlimit limit;
    CHECK("stack limit", getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur >= 1 << 20);
    limit = (struct rlimit){.rlim_cur = 20, .rlim_max = 20};
    CHECK("file limit", EXITED(IN_CHILD(setrlimit(RLIMIT_NOFILE, &limit); int last = 0; while (dup(0) >= 0) last++; errno == EMFILE && last <= 17 ? 0 : 1), 0));
    struct utsname uts;
    CHECK("uname", uname(&uts) == 0 && !strcmp(uts.sysname, "Linux"));
    CHECK("unknown call", syscall(10000) == -1 && errno == ENOSYS);
}

int main(int argc, char **argv)
{
    extern char **environ;
    if (argc > 1 && !strcmp(argv[1], "args"))
        return argc == 4 && !strcmp(argv[2], "a b") && !*argv[3] && environ[0] && !strcmp(environ[0], "ONE=1") && !environ[1] ? 42 : 1;
    if (argc > 1 && !strcmp(argv[1], "closed"))
        return fcntl(50, F_GETFD) == -1 && fcntl(51, F_GETFD) == 0 ? 0 : 1;
    if (argc > 1 && !strcmp(argv[1], "ignored"))
        return signal(SIGUSR1, SIG_DFL) == SIG_IGN ? 0 : 1;
    statuses();
    /* A bare name came through PATH. */
    char self[256];
    snprintf(self, sizeof self, "%s%s", strchr(argv[0], '/') ? "" : "/bin/", argv[0]);
    execs(self);
    families();
    others();
    return failures != 0;
}
