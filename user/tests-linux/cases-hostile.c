/* What a program may do wrong, one mode a run. The kernel must end or refuse it and go on as before.
 *
 *   cases-hostile MODE      `cases-hostile --modes` lists them
 *
 * The modes that check something print `ok MODE` or `FAIL MODE: why`; each crashes a child only, whose end it checks. */
#define _GNU_SOURCE
#define CASE_LIMIT_MS 90000   /* a slow machine, hundreds of children */
#include "cases.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static void no_core(void)
{
    struct rlimit none = { 0, 0 };
    setrlimit(RLIMIT_CORE, &none);
}

/* The child must end by this signal. */
static void dies(void (*body)(void), int number)
{
    int status = in_child(body);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != number)
        give_up("wait status 0x%x, not signal %d", status, number);
}

static void call(unsigned long address)
{
    void (*volatile target)(void) = (void (*)(void))address;
    target();
}

static void do_jump0(void)
{
    no_core();
    call(0);
}

static void jump0(void)
{
    dies(do_jump0, SIGSEGV);
}

static void do_kernel_jump(void)
{
    no_core();
    call(0xffffffff80000000ul);
}

static void jump_kernel(void)
{
    dies(do_kernel_jump, SIGSEGV);
}

static void do_kernel_read(void)
{
    no_core();
    (void)*(volatile char *)0xffffffff80000000ul;
}

static void read_kernel(void)
{
    dies(do_kernel_read, SIGSEGV);
}

static volatile int endless = 1;

static __attribute__((noinline)) int dig(volatile char *up)
{
    volatile char room[1000];
    if (!endless)
        return 0;
    room[0] = *up;
    room[999] = room[0];
    return dig(room) + room[0];
}

static void do_overflow(void)
{
    char c = 1;
    no_core();
    _exit(dig(&c));
}

static void stack_overflow(void)
{
    dies(do_overflow, SIGSEGV);
}

static void do_write_text(void)
{
    no_core();
    volatile unsigned long text = (unsigned long)do_jump0;
    *(volatile unsigned *)text = 0;
}

static void write_text(void)
{
    dies(do_write_text, SIGSEGV);
}

static void do_null_read(void)
{
    char *volatile nowhere = NULL;
    no_core();
    (void)*(volatile char *)nowhere;
}

static void null_read(void)
{
    dies(do_null_read, SIGSEGV);
}

static void do_illegal(void)
{
    no_core();
#if defined(__riscv)
    __asm__ volatile(".word 0");
#else
    __asm__ volatile("ud2");
#endif
}

static void illegal(void)
{
    dies(do_illegal, SIGILL);
}

static void do_privileged(void)
{
    no_core();
#if defined(__riscv)
    __asm__ volatile("csrw satp, zero");
#else
    __asm__ volatile("ud2");
#endif
}

static void privileged(void)
{
    dies(do_privileged, SIGILL);
}

static void do_data_jump(void)
{
    static int data[4];
    no_core();
    call((unsigned long)data);
}

static void jump_data(void)
{
    dies(do_data_jump, SIGSEGV);
}

/* An odd address: riscv64 drops the lowest bit of a jump, so it runs from the even one; other machines take it as it is.
 * The target holds illegal code, so that either way the child must end by a signal, and not by the kernel's. */
static void do_misaligned(void)
{
    unsigned char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    no_core();
    if (page == MAP_FAILED)
        _exit(3);
    for (int i = 0; i < 4096; i += 2)
        page[i] = 0, page[i + 1] = 0;
#if !defined(__riscv)
    for (int i = 0; i < 4096; i += 2)
        page[i] = 0x0f, page[i + 1] = 0x0b;
#endif
    __builtin___clear_cache((char *)page, (char *)page + 4096);
    call((unsigned long)page + 2049);
}

static void misaligned(void)
{
    int status = in_child(do_misaligned);
    CHECK(WIFSIGNALED(status));
}

/* Calls that end, replace, stop or hold up the caller, or would end the machine: those are not tried. */
static int left_out(long number)
{
    static const long calls[] = {
        SYS_exit, SYS_exit_group, SYS_execve, SYS_execveat, SYS_rt_sigreturn, SYS_reboot, SYS_clone, SYS_clone3, SYS_vhangup,
        SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigsuspend, SYS_rt_sigtimedwait, SYS_ppoll, SYS_pselect6,
        SYS_sync, SYS_kexec_load, SYS_delete_module, SYS_setns, SYS_unshare, SYS_umount2, SYS_munmap, SYS_mremap, SYS_brk,
        SYS_mprotect, SYS_seccomp, SYS_prctl, SYS_rt_sigprocmask, SYS_setrlimit, SYS_prlimit64, SYS_close_range,
        SYS_munlockall, SYS_mlockall, SYS_setsid, SYS_read, SYS_readv, SYS_epoll_pwait, SYS_wait4, SYS_waitid, SYS_chroot,
        SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid, SYS_setfsuid, SYS_setfsgid,
        SYS_close, SYS_dup, SYS_dup3, SYS_set_tid_address, SYS_set_robust_list, SYS_rt_sigqueueinfo, SYS_swapoff,
        SYS_madvise, SYS_mmap, SYS_remap_file_pages, SYS_landlock_restrict_self, SYS_sched_setaffinity, SYS_acct,
        SYS_sethostname, SYS_setdomainname, SYS_personality, SYS_capset, SYS_init_module, SYS_finit_module, SYS_exit,
        SYS_accept, SYS_accept4, SYS_recvfrom, SYS_recvmsg, SYS_recvmmsg, SYS_futex, SYS_flock, SYS_pivot_root,
        453 /* map_shadow_stack */, 462 /* mseal */,
    };
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++)
        if (calls[i] == number)
            return 1;
    return 0;
}

/* Every call, each in a child with an alarm, with pointers to nowhere in all places. The child must come back from the call or end by
 * a signal (some calls rightly send one); success with a bad pointer is no fault of its own, as the argument may be no pointer. */
static void bad_pointers(void)
{
    static const long nowhere[] = { 8, -4096, (long)0xffffffff80000000ul, 0x7ffffffffffff000 };
    for (long number = 0; number <= 470; number++) {
        if (left_out(number))
            continue;
        pid_t child = fork_or_fail();
        if (!child) {
            alarm(1);
            for (unsigned i = 0; i < sizeof nowhere / sizeof *nowhere; i++)
                syscall(number, nowhere[i], nowhere[i], nowhere[i], nowhere[i], nowhere[i], nowhere[i]);
            for (unsigned i = 0; i < sizeof nowhere / sizeof *nowhere; i++)
                syscall(number, 0l, nowhere[i], 16l, nowhere[i], 16l, 0l);
            _exit(0);
        }
        int status = wait_for(child);
        if (status && !WIFSIGNALED(status))
            give_up("call %ld left wait status 0x%x", number, status);
    }
}

/* The most plainly pointed calls must say EFAULT. */
static void bad_pointers_refused(void)
{
    int ends[2];
    char *bad = (char *)-4096l, *volatile low = (char *)8;
    CHECK(!pipe(ends));
    FAILS(syscall(SYS_write, ends[1], bad, 4l), EFAULT);
    FAILS(syscall(SYS_write, ends[1], low, 4l), EFAULT);
    EQUAL(write(ends[1], "data", 4), 4);
    FAILS(syscall(SYS_read, ends[0], bad, 4l), EFAULT);
    FAILS(syscall(SYS_openat, AT_FDCWD, bad, 0l), EFAULT);
    FAILS(syscall(SYS_pipe2, bad, 0l), EFAULT);
    FAILS(syscall(SYS_fstat, ends[0], bad), EFAULT);
    FAILS(syscall(SYS_getcwd, bad, 4096l), EFAULT);
    FAILS(syscall(SYS_uname, bad), EFAULT);
    FAILS(syscall(SYS_clock_gettime, 0l, bad), EFAULT);
    FAILS(syscall(SYS_nanosleep, bad, 0l), EFAULT);
    FAILS(syscall(SYS_execve, bad, 0l, 0l), EFAULT);
    FAILS(syscall(SYS_rt_sigaction, SIGUSR1, bad, 0l, 8l), EFAULT);
    FAILS(syscall(SYS_rt_sigprocmask, SIG_BLOCK, bad, 0l, 8l), EFAULT);
    FAILS(syscall(SYS_ppoll, bad, 1l, 0l, 0l, 8l), EFAULT);
    FAILS(syscall(SYS_writev, ends[1], bad, 1l), EFAULT);
    FAILS(syscall(9999l), ENOSYS);
}

/* Forks until refused (or 2000 times), then all children end. The refusal must be EAGAIN or ENOMEM, and forking must work again. */
static void fork_bomb(void)
{
    int gate[2], children = 0;
    CHECK(!pipe(gate));
    while (children < 2000) {
        pid_t child = fork();
        if (child < 0) {
            int refusal = errno;
            CHECK(refusal == EAGAIN || refusal == ENOMEM);
            break;
        }
        if (!child) {
            char c;
            close(gate[1]);
            _exit(read(gate[0], &c, 1) != 0);
        }
        children++;
    }
    CHECK(children > 0);
    close(gate[1]);
    for (int i = 0; i < children; i++)
        CHECK(wait(NULL) > 0);
    pid_t child = fork_or_fail();
    if (!child)
        _exit(0);
    EQUAL(wait_for(child), 0);
}

/* Maps and touches until refused or killed; never a hang or a broken machine. */
static void do_eat(void)
{
    for (;;) {
        char *at = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED)
            _exit(errno != ENOMEM);
        for (int i = 0; i < 1 << 20; i += 4096)
            at[i] = 1;
    }
}

static void eat_memory(void)
{
    int status = in_child(do_eat);
    if (status != 0 && status != SIGKILL && status != SIGSEGV && status != SIGBUS)
        give_up("wait status 0x%x: neither refused nor killed", status);
    char *at = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(at != MAP_FAILED);
    memset(at, 1, 1 << 20);           /* it has all come back */
}

static const struct check_case cases[] = {
    { "jump0", jump0 }, { "jump-kernel", jump_kernel }, { "jump-data", jump_data }, { "misaligned-jump", misaligned },
    { "null-read", null_read }, { "read-kernel", read_kernel }, { "write-text", write_text }, { "stack-overflow", stack_overflow },
    { "illegal-instruction", illegal }, { "privileged-instruction", privileged },
    { "bad-pointers", bad_pointers }, { "bad-pointers-refused", bad_pointers_refused },
    { "fork-bomb", fork_bomb }, { "eat-memory", eat_memory }, { 0 },
};

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: cases-hostile MODE|--modes\n");
        return 2;
    }
    if (strcmp(argv[1], "--modes"))
        return run_cases(cases, argc, argv);
    for (const struct check_case *mode = cases; mode->name; mode++)
        puts(mode->name);
    return 0;
}
