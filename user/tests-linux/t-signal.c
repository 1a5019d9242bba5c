/* Signals: handlers, masks, restarts, alternative stacks, default actions, timers. */
#include "test.h"
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <ucontext.h>

static volatile sig_atomic_t hits, last_code, last_value, nested, on_alternative;
static char alternative[32768];

static void count(int signal)
{
    (void)signal;
    hits++;
}

static void describe(int signal, siginfo_t *info, void *context)
{
    ucontext_t *user = context;
    (void)signal;
    hits++;
    last_code = info->si_code;
    last_value = info->si_value.sival_int;
    on_alternative = (char *)&user >= alternative && (char *)&user < alternative + sizeof alternative;
}

static void nesting(int signal)
{
    static volatile int depth, calls;
    depth++;
    if (depth > nested)
        nested = depth;
    if (calls++ % 3 < 2)
        raise(signal);
    depth--;
}

static void leave(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    _exit(info->si_addr == (void *)16 && info->si_code == SEGV_MAPERR ? 33 : 34);
}

static void install(int signal, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigaction(signal, &action, NULL);
}

static void install_info(int signal, void (*handler)(int, siginfo_t *, void *), int flags)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = flags | SA_SIGINFO};
    sigaction(signal, &action, NULL);
}

static void handlers(void)
{
    install(SIGUSR1, count, 0);
    hits = 0;
    raise(SIGUSR1);
    CHECK("handler runs before raise returns", hits == 1);
    double before = 1.5;
    volatile double kept = before;
    raise(SIGUSR1);
    CHECK("floating point survives", kept * 2 == 3.0);
    install_info(SIGUSR2, describe, 0);
    kill(getpid(), SIGUSR2);
    CHECK("kill is SI_USER", last_code == SI_USER);
    sigqueue(getpid(), SIGUSR2, (union sigval){.sival_int = 77});
    CHECK("sigqueue hands a value over", last_code == SI_QUEUE && last_value == 77);
    install(SIGUSR1, nesting, SA_NODEFER);
    raise(SIGUSR1);
    CHECK("SA_NODEFER nests", nested == 3);
    nested = 0;
    install(SIGUSR1, nesting, 0);
    raise(SIGUSR1);
    CHECK("without it a signal waits", nested == 1);
    install(SIGUSR1, count, SA_RESETHAND);
    CHECK("SA_RESETHAND", KILLED(IN_CHILD(raise(SIGUSR1); raise(SIGUSR1); 0), SIGUSR1));
    stack_t stack = {.ss_sp = alternative, .ss_size = sizeof alternative}, old;
    CHECK("sigaltstack", sigaltstack(&stack, NULL) == 0);
    install_info(SIGUSR2, describe, SA_ONSTACK);
    raise(SIGUSR2);
    CHECK("handler on the alternative stack", on_alternative);
    CHECK("and it is left again", sigaltstack(NULL, &old) == 0 && old.ss_flags == 0);
    install_info(SIGSEGV, leave, SA_ONSTACK);
    CHECK("fault address", EXITED(IN_CHILD(*(volatile int *)16 = 1; 0), 33));
    install(SIGSEGV, SIG_DFL, 0);
    CHECK("SIGKILL cannot be caught", sigaction(SIGKILL, &(struct sigaction){.sa_handler = count}, NULL) == -1 && errno == EINVAL);
}

static void masks(void)
{
    sigset_t set, old, pending;
    install(SIGUSR1, count, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &old);
    hits = 0;
    raise(SIGUSR1);
    raise(SIGUSR1);
    sigpending(&pending);
    CHECK("blocked signal waits", hits == 0 && sigismember(&pending, SIGUSR1));
    sigprocmask(SIG_SETMASK, &old, NULL);
    CHECK("and comes once when unblocked", hits == 1);
    sigprocmask(SIG_BLOCK, &set, &old);
    fflush(stdout);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        kill(parent, SIGUSR1);
        _exit(0);
    }
    sigset_t none;
    sigemptyset(&none);
    hits = 0;
    CHECK("sigsuspend", sigsuspend(&none) == -1 && errno == EINTR && hits == 1);
    sigprocmask(SIG_BLOCK, NULL, &pending);
    CHECK("sigsuspend puts the mask back", sigismember(&pending, SIGUSR1));
    waitpid(pid, NULL, 0);
    raise(SIGUSR1);
    CHECK("sigwaitinfo takes a pending one", sigwaitinfo(&set, NULL) == SIGUSR1);
    struct timespec soon = {.tv_nsec = 1000000};
    CHECK("sigtimedwait ends", sigtimedwait(&set, NULL, &soon) == -1 && errno == EAGAIN);
    sigprocmask(SIG_SETMASK, &old, NULL);
}

/* Reads from an empty pipe while a child signals; then the child writes a byte. */
static ssize_t interrupted_read(int flags)
{
    int fds[2];
    char byte = 0;
    if (pipe(fds))
        return -2;
    install(SIGUSR1, count, flags);
    fflush(stdout);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        usleep(30000);
        kill(parent, SIGUSR1);
        usleep(30000);
        _exit(write(fds[1], "x", 1) != 1);
    }
    ssize_t got = read(fds[0], &byte, 1);
    int error = errno;
    waitpid(pid, NULL, 0);
    close(fds[0]);
    close(fds[1]);
    errno = error;
    return got;
}

static void restarts(void)
{
    CHECK("SA_RESTART restarts a read", interrupted_read(SA_RESTART) == 1);
    CHECK("else EINTR", interrupted_read(0) == -1 && errno == EINTR);
    struct itimerval timer = {.it_value = {.tv_usec = 20000}};
    install(SIGALRM, count, SA_RESTART);
    hits = 0;
    setitimer(ITIMER_REAL, &timer, NULL);
    struct timespec time = {.tv_sec = 5}, rest = {0};
    CHECK("setitimer interrupts nanosleep", nanosleep(&time, &rest) == -1 && errno == EINTR && hits == 1);
    CHECK("the rest is told", rest.tv_sec == 4);
    timer.it_interval.tv_usec = 5000;
    setitimer(ITIMER_REAL, &timer, NULL);
    while (hits < 4)
        pause();
    timer = (struct itimerval){0};
    setitimer(ITIMER_REAL, &timer, NULL);
    CHECK("periodic timer", hits >= 4);
    CHECK("alarm kills by default", KILLED(IN_CHILD(signal(SIGALRM, SIG_DFL); ualarm(10000, 0); pause(); 0), SIGALRM));
    signal(SIGUSR1, SIG_IGN);
    CHECK("ignored signal does nothing", raise(SIGUSR1) == 0);
}

static volatile pid_t child_told;
static volatile int child_status;

static void child(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    if (info->si_code == CLD_EXITED) {
        child_told = info->si_pid;
        child_status = info->si_status;
    }
}

static void children(void)
{
    install_info(SIGCHLD, child, 0);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        _exit(9);
    for (int i = 0; i < 1000 && !child_told; i++)
        usleep(1000);
    CHECK("SIGCHLD tells pid and status", child_told == pid && child_status == 9);
    waitpid(pid, NULL, 0);
    signal(SIGCHLD, SIG_IGN);
    if (fork() == 0)
        _exit(0);
    CHECK("ignored children vanish", wait(NULL) == -1 && errno == ECHILD);
    signal(SIGCHLD, SIG_DFL);
    CHECK("preempted spinning child can be killed", KILLED(({
        pid_t spinner = fork();
        if (spinner == 0)
            for (;;)
                ;
        usleep(20000);
        kill(spinner, SIGTERM);
        int status;
        waitpid(spinner, &status, 0);
        status;
    }), SIGTERM));
}

int main(void)
{
    handlers();
    masks();
    restarts();
    children();
    return failures != 0;
}
