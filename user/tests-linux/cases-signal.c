/* Signals: handlers, masks, restarts, alternate stacks, default actions, timers. */
#define _GNU_SOURCE
#include "cases.h"

#include <setjmp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <ucontext.h>

static volatile sig_atomic_t count, last;
static volatile siginfo_t seen;   /* volatile: gcc takes raise() for a call that cannot come back into this file */
static void *volatile where;

static void note(int number)
{
    count++;
    last = number;
}

static void note_info(int number, siginfo_t *info, void *context)
{
    (void)context;
    note(number);
    seen = *info;
    where = __builtin_frame_address(0);
}

static void catch_with(int number, int flags)
{
    struct sigaction action = { .sa_sigaction = note_info, .sa_flags = SA_SIGINFO | flags };
    count = 0;
    EQUAL(sigaction(number, &action, NULL), 0);
}

static void handler(void)
{
    catch_with(SIGUSR1, 0);
    EQUAL(kill(getpid(), SIGUSR1), 0);
    EQUAL(count, 1);
    EQUAL(last, SIGUSR1);
    EQUAL(seen.si_pid, getpid());
    EQUAL(seen.si_code, SI_USER);
    EQUAL(raise(SIGUSR1), 0);
    EQUAL(count, 2);
    EQUAL(seen.si_code, SI_TKILL);
}

static void old_action(void)
{
    struct sigaction old;
    catch_with(SIGUSR2, SA_RESTART);
    EQUAL(sigaction(SIGUSR2, NULL, &old), 0);
    CHECK(old.sa_sigaction == note_info);
    CHECK(old.sa_flags & SA_RESTART);
    FAILS(sigaction(SIGKILL, &old, NULL), EINVAL);
    FAILS(sigaction(SIGSTOP, &old, NULL), EINVAL);
    FAILS(kill(getpid(), 65), EINVAL);
    FAILS(kill(0x7ffffff, SIGTERM), ESRCH);
}

/* All registers, also floating-point ones, must survive a handler that uses them. */
static void scribble(int number)
{
    volatile double x = number;
    for (int i = 0; i < 100; i++)
        x = x * 1.5 + i;
    count++;
}

static void registers(void)
{
    double a = 1, b = 2, c = 3;
    long i = 11, j = 22, sum = 0;
    signal(SIGALRM, scribble);
    struct itimerval every = { { 0, 1000 }, { 0, 1000 } };
    count = 0;
    EQUAL(setitimer(ITIMER_REAL, &every, NULL), 0);
    while (count < 20) {
        a += 1, b += 2, c += 3, i += 1, j += 2, sum++;
        if (a != 1 + sum || b != 2 + 2 * sum || c != 3 + 3 * sum || i != 11 + sum || j != 22 + 2 * sum)
            give_up("a register changed under a handler");
    }
}

static void mask(void)
{
    sigset_t set, old, pending;
    catch_with(SIGUSR1, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    EQUAL(sigprocmask(SIG_BLOCK, &set, &old), 0);
    CHECK(!sigismember(&old, SIGUSR1));
    raise(SIGUSR1);
    raise(SIGUSR1);
    EQUAL(count, 0);
    EQUAL(sigpending(&pending), 0);
    CHECK(sigismember(&pending, SIGUSR1));
    EQUAL(sigprocmask(SIG_SETMASK, &old, NULL), 0);
    EQUAL(count, 1);                  /* plain signals do not queue */
}

static void queued(void)
{
    sigset_t set;
    int number = SIGRTMIN + 1;
    catch_with(number, 0);
    sigemptyset(&set);
    sigaddset(&set, number);
    EQUAL(sigprocmask(SIG_BLOCK, &set, NULL), 0);
    for (int i = 1; i <= 3; i++)
        EQUAL(sigqueue(getpid(), number, (union sigval){ .sival_int = i * 10 }), 0);
    EQUAL(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
    EQUAL(count, 3);
    EQUAL(seen.si_code, SI_QUEUE);
    EQUAL(seen.si_value.sival_int, 30);
}

static volatile sig_atomic_t depth, deepest;

static void nested(int number)
{
    if (++depth > deepest)
        deepest = depth;
    if (count++ < 2)
        raise(number);
    depth--;
}

static void nesting(void)
{
    struct sigaction action = { .sa_handler = nested };
    count = deepest = 0;
    EQUAL(sigaction(SIGUSR1, &action, NULL), 0);
    raise(SIGUSR1);
    EQUAL(deepest, 1);                /* blocked while its handler runs */
    EQUAL(count, 3);
    action.sa_flags = SA_NODEFER;
    count = deepest = 0;
    EQUAL(sigaction(SIGUSR1, &action, NULL), 0);
    raise(SIGUSR1);
    EQUAL(deepest, 3);
}

static void reset_hand(void)
{
    struct sigaction now;
    catch_with(SIGUSR1, SA_RESETHAND);
    raise(SIGUSR1);
    EQUAL(count, 1);
    EQUAL(sigaction(SIGUSR1, NULL, &now), 0);
    CHECK(now.sa_handler == SIG_DFL);
}

/* A child that signals us after a while, then writes a byte to `fd`. */
static pid_t disturb(int number, int fd)
{
    pid_t parent = getpid(), child = fork_or_fail();
    if (!child) {
        sleep_ms(60);
        kill(parent, number);
        sleep_ms(60);
        _exit(fd >= 0 && write(fd, "x", 1) != 1);
    }
    return child;
}

static void interrupted(void)
{
    int ends[2];
    char c;
    CHECK(!pipe(ends));
    catch_with(SIGUSR1, 0);
    pid_t child = disturb(SIGUSR1, ends[1]);
    FAILS(read(ends[0], &c, 1), EINTR);
    EQUAL(count, 1);
    EQUAL(wait_for(child), 0);
}

static void restarted(void)
{
    int ends[2];
    char c = 0;
    CHECK(!pipe(ends));
    catch_with(SIGUSR1, SA_RESTART);
    pid_t child = disturb(SIGUSR1, ends[1]);
    EQUAL(read(ends[0], &c, 1), 1);
    EQUAL(c, 'x');
    EQUAL(count, 1);
    EQUAL(wait_for(child), 0);
}

static void child_signal(void)
{
    int status;
    catch_with(SIGCHLD, SA_RESTART);
    pid_t child = fork_or_fail();
    if (!child)
        _exit(4);
    EQUAL(waitpid(child, &status, 0), child);
    EQUAL(count, 1);
    EQUAL(seen.si_pid, child);
    EQUAL(seen.si_status, 4);
    EQUAL(seen.si_code, CLD_EXITED);
    signal(SIGCHLD, SIG_IGN);         /* then children leave no zombie */
    child = fork_or_fail();
    if (!child)
        _exit(0);
    FAILS(waitpid(child, &status, 0), ECHILD);
}

static void alternate_stack(void)
{
    static char stack[65536];
    stack_t wanted = { .ss_sp = stack, .ss_size = sizeof stack }, now;
    EQUAL(sigaltstack(&wanted, NULL), 0);
    catch_with(SIGUSR1, SA_ONSTACK);
    raise(SIGUSR1);
    CHECK((char *)where >= stack && (char *)where < stack + sizeof stack);
    EQUAL(sigaltstack(NULL, &now), 0);
    CHECK(now.ss_sp == stack && now.ss_size == sizeof stack && now.ss_flags == 0);
    catch_with(SIGUSR1, 0);
    raise(SIGUSR1);
    CHECK((char *)where < stack || (char *)where >= stack + sizeof stack);
    wanted.ss_size = 16;
    FAILS(sigaltstack(&wanted, NULL), ENOMEM);
}

static int actions_of(int number)
{
    pid_t child = fork_or_fail();
    if (!child) {
        struct rlimit none = { 0, 0 };
        setrlimit(RLIMIT_CORE, &none);
        signal(number, SIG_DFL);
        raise(number);
        _exit(77);
    }
    return wait_for(child);
}

static void default_actions(void)
{
    static const int deadly[] = { SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGABRT, SIGFPE, SIGKILL, SIGUSR1, SIGSEGV, SIGUSR2,
                                  SIGPIPE, SIGALRM, SIGTERM, SIGBUS, SIGTRAP, SIGSYS, SIGVTALRM, SIGPROF, SIGIO, SIGXCPU };
    static const int harmless[] = { SIGCHLD, SIGURG, SIGWINCH, SIGCONT };
    for (unsigned i = 0; i < sizeof deadly / sizeof *deadly; i++)
        EQUAL(actions_of(deadly[i]) & 0x7f, deadly[i]);
    for (unsigned i = 0; i < sizeof harmless / sizeof *harmless; i++)
        EQUAL(actions_of(harmless[i]), 77 << 8);
}

static void suspend(void)
{
    sigset_t block, during;
    catch_with(SIGUSR1, 0);
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    EQUAL(sigprocmask(SIG_BLOCK, &block, NULL), 0);
    raise(SIGUSR1);
    sigemptyset(&during);
    FAILS(sigsuspend(&during), EINTR);
    EQUAL(count, 1);
    raise(SIGUSR1);
    EQUAL(count, 1);                  /* the old mask is back */
}

static void timed_wait(void)
{
    sigset_t set;
    siginfo_t info;
    struct timespec soon = { 0, 50000000 };
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    EQUAL(sigprocmask(SIG_BLOCK, &set, NULL), 0);
    long start = now_ms();
    FAILS(sigtimedwait(&set, &info, &soon), EAGAIN);
    CHECK(now_ms() - start >= 49);
    raise(SIGUSR2);
    EQUAL(sigtimedwait(&set, &info, &soon), SIGUSR2);
    pid_t child = disturb(SIGUSR2, -1);
    EQUAL(sigwaitinfo(&set, &info), SIGUSR2);
    EQUAL(info.si_pid, child);
    EQUAL(wait_for(child), 0);
}

static void timers(void)
{
    struct itimerval once = { { 0, 0 }, { 0, 50000 } }, left;
    catch_with(SIGALRM, 0);
    long start = now_ms();
    EQUAL(setitimer(ITIMER_REAL, &once, NULL), 0);
    EQUAL(getitimer(ITIMER_REAL, &left), 0);
    CHECK(left.it_value.tv_sec == 0 && left.it_value.tv_usec <= 50000 && left.it_interval.tv_usec == 0);
    FAILS(pause(), EINTR);
    CHECK(now_ms() - start >= 49);
    EQUAL(count, 1);
    EQUAL(alarm(100), 0);
    long rest = alarm(1);
    CHECK(rest == 100 || rest == 99);
    FAILS(pause(), EINTR);
    EQUAL(count, 2);
}

static sigjmp_buf back;

static void jump_back(int number, siginfo_t *info, void *context)
{
    (void)context;
    last = number;
    seen = *info;
    siglongjmp(back, 1);
}

static void fault_address(void)
{
    struct sigaction action = { .sa_sigaction = jump_back, .sa_flags = SA_SIGINFO };
    char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED);
    EQUAL(sigaction(SIGSEGV, &action, NULL), 0);
    last = 0;
    if (!sigsetjmp(back, 1))
        *(volatile char *)(page + 5) = 1;
    EQUAL(last, SIGSEGV);
    CHECK(seen.si_addr == page + 5);
    EQUAL(seen.si_code, SEGV_ACCERR);
    EQUAL(munmap(page, 4096), 0);
    last = 0;
    if (!sigsetjmp(back, 1))
        (void)*(volatile char *)(page + 5);
    EQUAL(last, SIGSEGV);
    EQUAL(seen.si_code, SEGV_MAPERR);
}

static void inherited(void)
{
    catch_with(SIGUSR1, 0);
    signal(SIGUSR2, SIG_IGN);
    pid_t child = fork_or_fail();
    if (!child) {
        raise(SIGUSR1);
        raise(SIGUSR2);
        _exit(count != 1);
    }
    EQUAL(wait_for(child), 0);
    EQUAL(count, 0);
}

static const struct check_case cases[] = {
    { "handler", handler }, { "old-action", old_action }, { "registers", registers }, { "mask", mask },
    { "queued", queued }, { "nesting", nesting }, { "reset-hand", reset_hand }, { "interrupted", interrupted },
    { "restarted", restarted }, { "child-signal", child_signal }, { "alternate-stack", alternate_stack },
    { "default-actions", default_actions }, { "sigsuspend", suspend }, { "sigtimedwait", timed_wait },
    { "timers", timers }, { "fault-address", fault_address }, { "inherited", inherited }, { 0 },
};

int main(int argc, char **argv)
{
    return run_cases(cases, argc, argv);
}
