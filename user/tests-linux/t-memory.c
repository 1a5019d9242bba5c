/* Memory: brk, mmap kinds, protection, mremap, copy on write, sharing, stacks. */
#include "test.h"
#include <setjmp.h>
#include <stdint.h>
#include <sys/mman.h>

#define PAGE 4096
static sigjmp_buf back;

static void jump(int signal)
{
    (void)signal;
    siglongjmp(back, 1);
}

/* Whether touching ADDRESS faults. */
static int faults(volatile char *address, int write)
{
    struct sigaction action = {.sa_handler = jump}, old, old_bus;
    sigaction(SIGSEGV, &action, &old);
    sigaction(SIGBUS, &action, &old_bus);
    int fault = sigsetjmp(back, 1);
    if (!fault) {
        if (write)
            *address = 1;
        else
            (void)*address;
    }
    sigaction(SIGSEGV, &old, NULL);
    sigaction(SIGBUS, &old_bus, NULL);
    return fault;
}

static char *map(size_t pages, int prot, int flags)
{
    return mmap(NULL, pages * PAGE, prot, flags | MAP_ANONYMOUS, -1, 0);
}

static void mappings(void)
{
    /* Nothing is printed in between: that may use the heap itself. */
    char *old = sbrk(0);
    int grows = sbrk(3 * PAGE) == old && sbrk(0) == old + 3 * PAGE;
    memset(old, 7, 3 * PAGE);
    int shrinks = sbrk(-3 * PAGE) == old + 3 * PAGE && sbrk(0) == old;
    CHECK("sbrk grows", grows);
    CHECK("and shrinks", shrinks);
    char *a = map(4, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    CHECK("anonymous memory is zero", a != MAP_FAILED && a[0] == 0 && a[4 * PAGE - 1] == 0);
    CHECK("read-only cannot be written", mprotect(a, PAGE, PROT_READ) == 0 && faults(a, 1) && !faults(a, 0));
    CHECK("no access at all", mprotect(a + PAGE, PAGE, PROT_NONE) == 0 && faults(a + PAGE, 0));
    CHECK("neighbours are not touched", !faults(a + 2 * PAGE, 1));
    CHECK("unmapped pages fault", munmap(a + 2 * PAGE, PAGE) == 0 && faults(a + 2 * PAGE, 0) && !faults(a + 3 * PAGE, 1));
    CHECK("mprotect over a hole", mprotect(a, 4 * PAGE, PROT_READ) == -1 && errno == ENOMEM);
    CHECK("fixed mapping replaces", mmap(a, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == a && a[0] == 0);
    CHECK("no-replace does not", mmap(a, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED && errno == EEXIST);
    CHECK("length 0", mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EINVAL);
    CHECK("bad address to unmap", munmap(a + 1, PAGE) == -1 && errno == EINVAL);
    CHECK("null cannot be read", faults((char *)0, 0));
    char *b = map(2, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    strcpy(b, "kept");
    char *c = mremap(b, 2 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
    CHECK("mremap keeps contents", c != MAP_FAILED && !strcmp(c, "kept") && c[63 * PAGE] == 0);
    CHECK("mremap shrinks", mremap(c, 64 * PAGE, PAGE, 0) == c && faults(c + PAGE, 0));
    CHECK("madvise DONTNEED drops", madvise(c, PAGE, MADV_DONTNEED) == 0 && c[0] == 0);
    unsigned char present[2] = {9, 9};
    char *d = map(2, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    d[PAGE] = 1;
    CHECK("mincore", mincore(d, 2 * PAGE, present) == 0 && !(present[0] & 1) && (present[1] & 1));
}

static void sharing(void)
{
    char *private = map(1, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    char *shared = map(1, PROT_READ | PROT_WRITE, MAP_SHARED);
    private[0] = shared[0] = 1;
    int status = IN_CHILD(private[0] = 2; shared[0] = 2; 0);
    CHECK("private memory is copied on write", EXITED(status, 0) && private[0] == 1);
    CHECK("shared memory is shared", shared[0] == 2);
    char name[] = "/tmp/t-memory-XXXXXX";
    int fd = mkstemp(name);
    char text[PAGE + 10];
    memset(text, 'a', sizeof text);
    CHECK("write a file", write(fd, text, sizeof text) == sizeof text);
    char *file = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *copy = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    CHECK("file contents are mapped", file != MAP_FAILED && file[0] == 'a' && file[PAGE + 9] == 'a' && file[PAGE + 10] == 0);
    copy[0] = 'p';
    file[1] = 's';
    char two[2];
    CHECK("shared writes reach the file, private ones do not", pread(fd, two, 2, 0) == 2 && two[0] == 'a' && two[1] == 's');
    CHECK("writes reach the mapping", pwrite(fd, "w", 1, 2) == 1 && file[2] == 'w');
    CHECK("beyond the end faults", faults(file + 2 * PAGE, 0));
    int read_only = open(name, O_RDONLY);
    CHECK("shared writable mapping needs write access", mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, read_only, 0) == MAP_FAILED && errno == EACCES);
    unlink(name);
}

static int deep(int depth)
{
    volatile char room[1000];
    room[0] = (char)depth;
    int below = depth == 0 ? 0 : deep(depth - 1);
    return below + room[0] * 0; /* a read after the call: otherwise gcc makes a loop of it, and no stack is used */
}

int main(void)
{
    mappings();
    sharing();
    CHECK("the stack grows", EXITED(IN_CHILD(deep(5000)), 0));
    CHECK("but not without end", KILLED(IN_CHILD(deep(1 << 20)), SIGSEGV));
    char *code = map(1, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    code[0] = 0;
    CHECK("data cannot be executed", KILLED(IN_CHILD(((void (*)(void))(uintptr_t)code)(); 0), SIGSEGV));
    return failures != 0;
}
