/* Memory: brk, mmap of every kind, protection, growth, and what fork does to it all. */
#define _GNU_SOURCE
#include "cases.h"

#include <setjmp.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define PAGE 4096ul

static sigjmp_buf back;

static void jump_back(int number)
{
    siglongjmp(back, number);
}

/* The signal that touching `at` raises; 0 when it goes well. */
static int touch(volatile char *at, int store)
{
    signal(SIGSEGV, jump_back);
    signal(SIGBUS, jump_back);
    int number = sigsetjmp(back, 1);
    if (!number) {
        if (store)
            *at = 1;
        else
            (void)*at;
    }
    return number;
}

static char *anonymous(unsigned long pages, int protection, int kind)
{
    char *at = mmap(NULL, pages * PAGE, protection, kind | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        give_up("mmap of %lu pages: %s", pages, strerror(errno));
    return at;
}

#define RW (PROT_READ | PROT_WRITE)

static void heap_break(void)
{
    char *start = sbrk(0);
    CHECK(sbrk(10 * PAGE) == start);
    for (unsigned i = 0; i < 10 * PAGE; i += 512)
        EQUAL(start[i], 0);
    memset(start, 1, 10 * PAGE);
    CHECK(sbrk(-10 * (long)PAGE) == start + 10 * PAGE);
    CHECK(sbrk(10 * PAGE) == start);
    EQUAL(start[5 * PAGE], 0);        /* given back, then new */
}

static void zeroed(void)
{
    char *at = anonymous(16, RW, MAP_PRIVATE);
    for (unsigned long i = 0; i < 16 * PAGE; i++)
        EQUAL(at[i], 0);
    EQUAL(munmap(at, 16 * PAGE), 0);
    EQUAL(touch(at, 0), SIGSEGV);
}

static void partial_unmap(void)
{
    char *at = anonymous(5, RW, MAP_PRIVATE);
    memset(at, 7, 5 * PAGE);
    EQUAL(munmap(at + 2 * PAGE, PAGE), 0);
    EQUAL(touch(at + PAGE, 0), 0);
    EQUAL(touch(at + 2 * PAGE, 0), SIGSEGV);
    EQUAL(at[3 * PAGE], 7);
    EQUAL(munmap(at, 5 * PAGE), 0);   /* a hole does not matter */
    EQUAL(munmap(at, 5 * PAGE), 0);
}

static void fixed(void)
{
    char *at = anonymous(4, RW, MAP_PRIVATE);
    memset(at, 3, 4 * PAGE);
    CHECK(mmap(at + PAGE, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at + PAGE);
    EQUAL(at[0], 3);
    EQUAL(at[PAGE], 0);
    EQUAL(at[2 * PAGE], 3);
    CHECK(mmap(at, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED && errno == EEXIST);
}

static void bad_arguments(void)
{
    CHECK(mmap(NULL, 0, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EINVAL);
    CHECK(mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EINVAL);
    CHECK(mmap(NULL, PAGE, RW, MAP_PRIVATE, -1, 0) == MAP_FAILED && errno == EBADF);
    CHECK(mmap((void *)1, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED && errno == EINVAL);
    CHECK(mmap(NULL, 1ul << 60, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == ENOMEM);
    FAILS(munmap((void *)1, PAGE), EINVAL);
    FAILS(munmap((void *)PAGE, 0), EINVAL);
}

static void protection(void)
{
    char *at = anonymous(3, RW, MAP_PRIVATE);
    memset(at, 5, 3 * PAGE);
    EQUAL(mprotect(at + PAGE, PAGE, PROT_READ), 0);
    EQUAL(touch(at + PAGE, 0), 0);
    EQUAL(touch(at + PAGE, 1), SIGSEGV);
    EQUAL(touch(at, 1), 0);
    EQUAL(touch(at + 2 * PAGE, 1), 0);
    EQUAL(mprotect(at + PAGE, PAGE, PROT_NONE), 0);
    EQUAL(touch(at + PAGE, 0), SIGSEGV);
    EQUAL(mprotect(at, 3 * PAGE, RW), 0);
    EQUAL(at[PAGE + 1], 5);
    EQUAL(touch(at + PAGE, 1), 0);
    EQUAL(munmap(at + PAGE, PAGE), 0);
    FAILS(mprotect(at, 3 * PAGE, PROT_READ), ENOMEM);
    FAILS(mprotect(at + 1, PAGE, PROT_READ), EINVAL);
}

static void kernel_respects_protection(void)
{
    int ends[2];
    char *at = anonymous(2, RW, MAP_PRIVATE);
    CHECK(!pipe(ends));
    EQUAL(mprotect(at + PAGE, PAGE, PROT_READ), 0);
    EQUAL(write(ends[1], "12345678", 8), 8);
    FAILS(read(ends[0], at + PAGE, 4), EFAULT);
    EQUAL(mprotect(at + PAGE, PAGE, PROT_NONE), 0);
    FAILS(write(ends[1], at + PAGE, 4), EFAULT);
}

static void move(void)
{
    char *at = anonymous(4, RW, MAP_PRIVATE);
    for (int i = 0; i < 4; i++)
        at[i * PAGE] = 'a' + i;
    CHECK(mremap(at, 4 * PAGE, 2 * PAGE, 0) == at);
    EQUAL(touch(at + 2 * PAGE, 0), SIGSEGV);
    char *wall = mmap(at + 2 * PAGE, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    CHECK(wall == at + 2 * PAGE);
    EQUAL(mprotect(wall, PAGE, PROT_NONE), 0);
    CHECK(mremap(at, 2 * PAGE, 8 * PAGE, 0) == MAP_FAILED && errno == ENOMEM);
    char *moved = mremap(at, 2 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
    CHECK(moved != MAP_FAILED && moved != at);
    EQUAL(moved[0], 'a');
    EQUAL(moved[PAGE], 'b');
    EQUAL(moved[7 * PAGE], 0);
    EQUAL(touch(at, 0), SIGSEGV);
    char *place = anonymous(8, PROT_NONE, MAP_PRIVATE);
    CHECK(mremap(moved, 8 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place) == place);
    EQUAL(place[PAGE], 'b');
}

static void copy_on_write(void)
{
    char *at = anonymous(8, RW, MAP_PRIVATE);
    static int global = 1;
    memset(at, 1, 8 * PAGE);
    pid_t child = fork_or_fail();
    if (!child) {
        global = 2;
        memset(at, 2, 4 * PAGE);
        _exit(at[0] != 2 || at[5 * PAGE] != 1 || global != 2);
    }
    at[6 * PAGE] = 3;
    EQUAL(wait_for(child), 0);
    EQUAL(global, 1);
    EQUAL(at[0], 1);
    EQUAL(at[3 * PAGE], 1);
    EQUAL(at[6 * PAGE], 3);
}

static void copy_of_read_buffer(void)
{
    int ends[2];
    char *at = anonymous(1, RW, MAP_PRIVATE);
    CHECK(!pipe(ends));
    strcpy(at, "old");
    pid_t child = fork_or_fail();
    if (!child) {                     /* the kernel writes the page: that too must copy it */
        _exit(read(ends[0], at, 4) != 4 || strcmp(at, "new"));
    }
    EQUAL(write(ends[1], "new", 4), 4);
    EQUAL(wait_for(child), 0);
    CHECK(!strcmp(at, "old"));
}

static void shared(void)
{
    volatile int *at = (volatile int *)anonymous(2, RW, MAP_SHARED);
    pid_t child = fork_or_fail();
    if (!child) {
        at[0] = 42;
        while (at[1024] != 43)
            sleep_ms(2);
        _exit(0);
    }
    while (at[0] != 42)
        sleep_ms(2);
    at[1024] = 43;
    EQUAL(wait_for(child), 0);
}

static int file_of(unsigned pages)
{
    static char page[PAGE];
    fresh_dir();
    int fd = open("mapped", O_RDWR | O_CREAT | O_EXCL, 0644);
    CHECK(fd >= 0);
    for (unsigned i = 0; i < pages; i++) {
        memset(page, 'a' + i, PAGE);
        EQUAL(write(fd, page, PAGE), PAGE);
    }
    EQUAL(unlink("mapped"), 0);
    return fd;
}

static void file_private(void)
{
    char byte;
    int fd = file_of(3);
    char *at = mmap(NULL, 3 * PAGE, RW, MAP_PRIVATE, fd, 0);
    CHECK(at != MAP_FAILED);
    EQUAL(at[2 * PAGE], 'c');
    at[0] = 'X';
    EQUAL(pread(fd, &byte, 1, 0), 1);
    EQUAL(byte, 'a');
    char *second = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, PAGE);
    CHECK(second != MAP_FAILED);
    close(fd);
    EQUAL(second[10], 'b');
    CHECK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED && errno == EBADF);
}

static void file_shared(void)
{
    char byte;
    int fd = file_of(2);
    char *one = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0), *two = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);
    CHECK(one != MAP_FAILED && two != MAP_FAILED);
    one[5] = 'X';
    EQUAL(two[5], 'X');
    EQUAL(pread(fd, &byte, 1, 5), 1);
    EQUAL(byte, 'X');
    EQUAL(pwrite(fd, "Y", 1, PAGE + 1), 1);
    EQUAL(one[PAGE + 1], 'Y');
    pid_t child = fork_or_fail();
    if (!child) {
        one[9] = 'Z';
        _exit(0);
    }
    EQUAL(wait_for(child), 0);
    EQUAL(two[9], 'Z');
    EQUAL(msync(one, 2 * PAGE, MS_SYNC), 0);
}

static void file_end(void)
{
    int fd = file_of(1);
    EQUAL(ftruncate(fd, 100), 0);
    char *at = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
    CHECK(at != MAP_FAILED);
    EQUAL(at[99], 'a');
    EQUAL(at[100], 0);                /* the rest of the last page is zero */
    EQUAL(touch(at + PAGE, 0), SIGBUS);
    EQUAL(ftruncate(fd, PAGE + 1), 0);
    EQUAL(touch(at + PAGE, 0), 0);
}

static void file_rights(void)
{
    int fd = file_of(1);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int made = open("readable", O_CREAT | O_WRONLY, 0644);
    EQUAL(write(made, "data", 4), 4);
    int reading = open("readable", O_RDONLY);
    CHECK(mmap(NULL, PAGE, RW, MAP_SHARED, reading, 0) == MAP_FAILED && errno == EACCES);
    char *at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, reading, 0);
    CHECK(at != MAP_FAILED);
    FAILS(mprotect(at, PAGE, RW), EACCES);
    CHECK(mmap(NULL, PAGE, RW, MAP_PRIVATE, reading, 0) != MAP_FAILED);
    CHECK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, made, 0) == MAP_FAILED && errno == EACCES);
}

static void guard(void)
{
    char *at = anonymous(3, PROT_NONE, MAP_PRIVATE);
    EQUAL(mprotect(at + PAGE, PAGE, RW), 0);
    EQUAL(touch(at + PAGE, 1), 0);
    EQUAL(touch(at + PAGE - 1, 0), SIGSEGV);
    EQUAL(touch(at + 2 * PAGE, 1), SIGSEGV);
}

static __attribute__((noinline)) int dig(int depth)
{
    volatile char room[4096];
    room[0] = (char)depth;
    room[4095] = (char)depth;
    return depth ? dig(depth - 1) + (room[0] == room[4095]) : 0;
}

static void stack_growth(void)
{
    EQUAL(dig(1000), 1000);           /* about 4 MiB of the 8 it may have */
}

static void advice(void)
{
    char *at = anonymous(4, RW, MAP_PRIVATE);
    memset(at, 9, 4 * PAGE);
    EQUAL(madvise(at + PAGE, 2 * PAGE, MADV_DONTNEED), 0);
    EQUAL(at[0], 9);
    EQUAL(at[PAGE], 0);
    EQUAL(at[2 * PAGE], 0);
    EQUAL(at[3 * PAGE], 9);
    FAILS(madvise(at, PAGE, 12345), EINVAL);
    EQUAL(munmap(at, PAGE), 0);
    FAILS(madvise(at, PAGE, MADV_DONTNEED), ENOMEM);
}

static void sparse(void)
{
    char *at = mmap(NULL, 1ul << 34, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(at != MAP_FAILED);
    for (unsigned long i = 0; i < 1ul << 34; i += 1ul << 28)
        at[i] = 1;
    EQUAL(munmap(at, 1ul << 34), 0);
}

static const struct check_case cases[] = {
    { "brk", heap_break }, { "zeroed", zeroed }, { "partial-unmap", partial_unmap }, { "fixed", fixed },
    { "bad-arguments", bad_arguments }, { "mprotect", protection }, { "kernel-respects", kernel_respects_protection },
    { "mremap", move }, { "copy-on-write", copy_on_write }, { "copy-of-read-buffer", copy_of_read_buffer },
    { "shared", shared }, { "file-private", file_private }, { "file-shared", file_shared }, { "file-end", file_end },
    { "file-rights", file_rights }, { "guard", guard }, { "stack-growth", stack_growth }, { "madvise", advice },
    { "sparse", sparse }, { 0 },
};

int main(int argc, char **argv)
{
    return run_cases(cases, argc, argv);
}
