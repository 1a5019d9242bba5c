/* Files: opening, naming, reading, writing, directories, times, rights. */
#define _GNU_SOURCE
#include "cases.h"

#include <dirent.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>

/* Makes a file holding `text`, open for both. */
static int make(const char *name, const char *text)
{
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
    if (fd < 0)
        give_up("create %s: %s", name, strerror(errno));
    EQUAL(write(fd, text, strlen(text)), strlen(text));
    return fd;
}

/* The file at `name` must hold exactly `text`. */
static void holds(const char *name, const char *text)
{
    char got[256] = "";
    int fd = open(name, O_RDONLY);
    if (fd < 0)
        give_up("open %s: %s", name, strerror(errno));
    long n = read(fd, got, sizeof got - 1);
    close(fd);
    if (n != (long)strlen(text) || strcmp(got, text))
        give_up("%s holds \"%s\", not \"%s\"", name, got, text);
}

static struct stat look(const char *name)
{
    struct stat st;
    if (lstat(name, &st))
        give_up("lstat %s: %s", name, strerror(errno));
    return st;
}

static void open_flags(void)
{
    fresh_dir();
    FAILS(open("new", O_RDWR), ENOENT);
    close(make("new", "12345"));
    FAILS(open("new", O_CREAT | O_EXCL | O_RDWR, 0644), EEXIST);
    FAILS(open("new/x", O_RDONLY), ENOTDIR);
    FAILS(open("new", O_RDONLY | O_DIRECTORY), ENOTDIR);
    FAILS(open(".", O_WRONLY), EISDIR);
    FAILS(open("", O_RDONLY), ENOENT);
    int reading = open("new", O_RDONLY), writing = open("new", O_WRONLY);
    char c;
    FAILS(write(reading, "x", 1), EBADF);
    FAILS(read(writing, &c, 1), EBADF);
    EQUAL(fcntl(reading, F_GETFL) & O_ACCMODE, O_RDONLY);
    EQUAL(fcntl(writing, F_GETFL) & O_ACCMODE, O_WRONLY);
    close(open("new", O_WRONLY | O_TRUNC));
    EQUAL(look("new").st_size, 0);
    FAILS(close(999), EBADF);
    char long_name[300];
    memset(long_name, 'n', 299);
    long_name[299] = 0;
    FAILS(open(long_name, O_CREAT | O_RDWR, 0644), ENAMETOOLONG);
}

static void append(void)
{
    fresh_dir();
    close(make("log", "one"));
    int fd = open("log", O_WRONLY | O_APPEND), other = open("log", O_WRONLY | O_APPEND);
    EQUAL(write(fd, "two", 3), 3);
    EQUAL(write(other, "three", 5), 5);
    EQUAL(lseek(fd, 0, SEEK_SET), 0);
    EQUAL(write(fd, "four", 4), 4);
    holds("log", "onetwothreefour");
}

static void renaming(void)
{
    fresh_dir();
    close(make("a", "A"));
    close(make("b", "B"));
    EQUAL(rename("a", "c"), 0);
    FAILS(access("a", F_OK), ENOENT);
    EQUAL(rename("c", "b"), 0);
    holds("b", "A");
    EQUAL(mkdir("d", 0755), 0);
    EQUAL(mkdir("d/e", 0755), 0);
    FAILS(rename("b", "d"), EISDIR);
    FAILS(rename("d", "b"), ENOTDIR);
    FAILS(rename("d", "d/e/f"), EINVAL);
    FAILS(rename("none", "x"), ENOENT);
    EQUAL(mkdir("empty", 0755), 0);
    FAILS(rename("empty", "d"), ENOTEMPTY);
    EQUAL(rename("d", "empty"), 0);
    EQUAL(access("empty/e", F_OK), 0);
    EQUAL(rename("b", "empty/e/b"), 0);
    holds("empty/e/b", "A");
    EQUAL(syscall(SYS_renameat2, AT_FDCWD, "empty/e/b", AT_FDCWD, "b", 0), 0);
    close(make("z", "Z"));
    FAILS(syscall(SYS_renameat2, AT_FDCWD, "z", AT_FDCWD, "b", 1 /* RENAME_NOREPLACE */), EEXIST);
}

static void links(void)
{
    fresh_dir();
    close(make("a", "same"));
    EQUAL(link("a", "b"), 0);
    EQUAL(look("a").st_nlink, 2);
    EQUAL(look("a").st_ino, look("b").st_ino);
    FAILS(link("a", "b"), EEXIST);
    FAILS(link(".", "dir"), EPERM);
    EQUAL(unlink("a"), 0);
    EQUAL(look("b").st_nlink, 1);
    holds("b", "same");
    FAILS(unlink("a"), ENOENT);
    EQUAL(mkdir("d", 0755), 0);
    FAILS(unlink("d"), EISDIR);
    FAILS(rmdir("b"), ENOTDIR);
    close(make("d/x", ""));
    FAILS(rmdir("d"), ENOTEMPTY);
    EQUAL(unlink("d/x"), 0);
    EQUAL(rmdir("d"), 0);
    FAILS(mkdir("b", 0755), EEXIST);
    FAILS(mkdir("none/d", 0755), ENOENT);
}

static void unlinked_while_open(void)
{
    struct stat st;
    char got[8] = "";
    fresh_dir();
    int fd = make("gone", "still");
    EQUAL(unlink("gone"), 0);
    EQUAL(fstat(fd, &st), 0);
    EQUAL(st.st_nlink, 0);
    EQUAL(write(fd, "!", 1), 1);
    EQUAL(pread(fd, got, 7, 0), 6);
    CHECK(!strcmp(got, "still!"));
    close(make("gone", "new"));
    holds("gone", "new");
}

static void symlinks(void)
{
    char got[32] = "";
    fresh_dir();
    close(make("target", "T"));
    EQUAL(symlink("target", "s"), 0);
    EQUAL(readlink("s", got, sizeof got), 6);
    CHECK(!memcmp(got, "target", 6));
    EQUAL(readlink("s", got, 3), 3);
    holds("s", "T");
    CHECK(S_ISLNK(look("s").st_mode));
    FAILS(open("s", O_RDONLY | O_NOFOLLOW), ELOOP);
    FAILS(readlink("target", got, sizeof got), EINVAL);
    EQUAL(symlink("two", "one"), 0);
    EQUAL(symlink("one", "two"), 0);
    FAILS(open("one", O_RDONLY), ELOOP);
    EQUAL(mkdir("d", 0755), 0);
    EQUAL(symlink("../target", "d/up"), 0);
    holds("d/up", "T");
    EQUAL(symlink("d", "dd"), 0);
    holds("dd/up", "T");
    EQUAL(unlink("s"), 0);
    holds("target", "T");
    EQUAL(symlink("made-through", "dangling"), 0);
    close(make("dangling", "M"));
    holds("made-through", "M");
}

static void directory_listing(void)
{
    char seen[100] = { 0 };
    int dots = 0, all = 0;
    fresh_dir();
    for (int i = 0; i < 100; i++) {
        char name[40];
        snprintf(name, sizeof name, "entry-%d", i);
        close(make(name, ""));
    }
    DIR *dir = opendir(".");
    CHECK(dir);
    for (struct dirent *entry; (entry = readdir(dir)); all++) {
        int i;
        if (sscanf(entry->d_name, "entry-%d", &i) == 1) {
            CHECK(i >= 0 && i < 100 && !seen[i]);
            seen[i] = 1;
            CHECK(entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN);
            EQUAL(entry->d_ino, look(entry->d_name).st_ino);
        } else
            dots += !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
    }
    EQUAL(all, 102);
    EQUAL(dots, 2);
    rewinddir(dir);
    CHECK(readdir(dir));
    closedir(dir);
    char tiny[8];
    int fd = open(".", O_RDONLY | O_DIRECTORY);
    FAILS(syscall(SYS_getdents64, fd, tiny, sizeof tiny), EINVAL);
    FAILS(read(fd, tiny, 1), EISDIR);
    fd = open("entry-0", O_RDONLY);
    char room[512];
    FAILS(syscall(SYS_getdents64, fd, room, sizeof room), ENOTDIR);
}

static void seeking(void)
{
    char got[16];
    fresh_dir();
    int fd = make("f", "0123456789");
    EQUAL(lseek(fd, 3, SEEK_SET), 3);
    EQUAL(lseek(fd, 2, SEEK_CUR), 5);
    EQUAL(lseek(fd, -1, SEEK_END), 9);
    EQUAL(read(fd, got, 16), 1);
    EQUAL(read(fd, got, 16), 0);
    FAILS(lseek(fd, -1, SEEK_SET), EINVAL);
    FAILS(lseek(fd, 0, 99), EINVAL);
    EQUAL(lseek(fd, 20, SEEK_SET), 20);
    EQUAL(write(fd, "x", 1), 1);
    EQUAL(pread(fd, got, 16, 8), 13);
    CHECK(!memcmp(got, "89\0\0\0\0\0\0\0\0\0\0x", 13));
    EQUAL(pwrite(fd, "AB", 2, 1), 2);
    EQUAL(lseek(fd, 0, SEEK_CUR), 21);
    EQUAL(pread(fd, got, 4, 0), 4);
    CHECK(!memcmp(got, "0AB3", 4));
    FAILS(pread(fd, got, 1, -1), EINVAL);
    int ends[2];
    CHECK(!pipe(ends));
    FAILS(lseek(ends[0], 0, SEEK_CUR), ESPIPE);
    FAILS(pread(ends[0], got, 1, 0), ESPIPE);
}

static void vectors(void)
{
    char a[3], b[5];
    fresh_dir();
    int fd = make("f", "");
    struct iovec out[] = { { "ab", 2 }, { NULL, 0 }, { "cdefg", 5 } }, in[] = { { a, 3 }, { b, 5 } };
    EQUAL(writev(fd, out, 3), 7);
    EQUAL(lseek(fd, 0, SEEK_SET), 0);
    EQUAL(readv(fd, in, 2), 7);
    CHECK(!memcmp(a, "abc", 3) && !memcmp(b, "defg", 4));
    volatile int negative = -1, too_many = 5000;
    FAILS(readv(fd, in, negative), EINVAL);
    FAILS(readv(fd, in, too_many), EINVAL);
}

static void truncating(void)
{
    char got[8];
    fresh_dir();
    int fd = make("f", "0123456789");
    EQUAL(ftruncate(fd, 4), 0);
    holds("f", "0123");
    EQUAL(ftruncate(fd, 8), 0);
    EQUAL(pread(fd, got, 8, 0), 8);
    CHECK(!memcmp(got, "0123\0\0\0\0", 8));
    EQUAL(truncate("f", 2), 0);
    holds("f", "01");
    FAILS(truncate("f", -1), EINVAL);
    FAILS(truncate("none", 1), ENOENT);
    FAILS(truncate(".", 1), EISDIR);
    FAILS(ftruncate(open("f", O_RDONLY), 1), EINVAL);
}

static void times(void)
{
    struct timespec set[2] = { { 1000, 5 }, { 2000, 7 } };
    fresh_dir();
    close(make("f", "x"));
    EQUAL(utimensat(AT_FDCWD, "f", set, 0), 0);
    struct stat st = look("f");
    EQUAL(st.st_atim.tv_sec, 1000);
    EQUAL(st.st_mtim.tv_sec, 2000);
    EQUAL(st.st_mtim.tv_nsec, 7);
    set[0].tv_nsec = UTIME_OMIT;
    set[1].tv_nsec = UTIME_NOW;
    EQUAL(utimensat(AT_FDCWD, "f", set, 0), 0);
    st = look("f");
    EQUAL(st.st_atim.tv_sec, 1000);
    CHECK(st.st_mtim.tv_sec != 2000);
    set[1].tv_nsec = 1000000000;
    FAILS(utimensat(AT_FDCWD, "f", set, 0), EINVAL);
    set[1] = (struct timespec){ 3000, 0 };
    EQUAL(utimensat(AT_FDCWD, "f", set, 0), 0);
    int fd = open("f", O_WRONLY);
    EQUAL(write(fd, "y", 1), 1);
    CHECK(look("f").st_mtim.tv_sec != 3000);
}

static void modes(void)
{
    fresh_dir();
    EQUAL(umask(027), 022);
    close(open("f", O_CREAT | O_WRONLY, 0666));
    EQUAL(look("f").st_mode, S_IFREG | 0640);
    EQUAL(mkdir("d", 0777), 0);
    EQUAL(look("d").st_mode, S_IFDIR | 0750);
    EQUAL(umask(022), 027);
    EQUAL(chmod("f", 04711), 0);
    EQUAL(look("f").st_mode, S_IFREG | 04711);
    int fd = open("f", O_RDONLY);
    EQUAL(fchmod(fd, 0600), 0);
    EQUAL(look("f").st_mode, S_IFREG | 0600);
    EQUAL(access("f", R_OK | W_OK), 0);
    FAILS(access("f", X_OK), EACCES);
    FAILS(access("none", F_OK), ENOENT);
    FAILS(access("f", 64), EINVAL);
    EQUAL(chown("f", 12, 34), 0);
    EQUAL(look("f").st_uid, 12);
    EQUAL(look("f").st_gid, 34);
}

static void working_directory(void)
{
    char path[256], here[200];
    fresh_dir();
    CHECK(getcwd(here, sizeof here));
    EQUAL(mkdir("d", 0755), 0);
    EQUAL(chdir("d"), 0);
    CHECK(getcwd(path, sizeof path));
    CHECK(!strncmp(path, here, strlen(here)) && !strcmp(path + strlen(here), "/d"));
    CHECK(syscall(SYS_getcwd, path, 3ul) == -1 && errno == ERANGE);
    FAILS(chdir("none"), ENOENT);
    close(make("f", ""));
    FAILS(chdir("f"), ENOTDIR);
    int up = open("..", O_RDONLY | O_DIRECTORY);
    CHECK(up >= 0);
    pid_t child = fork_or_fail();
    if (!child)
        _exit(chdir("/") != 0);
    EQUAL(wait_for(child), 0);
    EQUAL(access("f", F_OK), 0);      /* the child's is its own */
    EQUAL(fchdir(up), 0);
    EQUAL(access("d/f", F_OK), 0);
    EQUAL(faccessat(up, "d/f", F_OK, 0), 0);
    int fd = openat(up, "d/g", O_CREAT | O_WRONLY, 0644);
    CHECK(fd >= 0);
    EQUAL(unlinkat(up, "d/g", 0), 0);
    EQUAL(unlinkat(up, "d/f", 0), 0);
    EQUAL(unlinkat(up, "d", AT_REMOVEDIR), 0);
    FAILS(openat(fd, "x", O_RDONLY), ENOTDIR);
    FAILS(openat(999, "x", O_RDONLY), EBADF);
}

static void file_system(void)
{
    struct statfs fs;
    EQUAL(statfs("/tmp", &fs), 0);
    CHECK(fs.f_bsize >= 512 && fs.f_namelen >= 255);
    CHECK(fs.f_type != 0);
    FAILS(statfs("/none", &fs), ENOENT);
    struct statx more;
    EQUAL(statx(AT_FDCWD, "/tmp", 0, STATX_BASIC_STATS, &more), 0);
    CHECK(S_ISDIR(more.stx_mode) && more.stx_nlink >= 2);
}

static void duplicates(void)
{
    fresh_dir();
    int fd = make("f", "0123456789"), twin = dup(fd);
    EQUAL(lseek(fd, 4, SEEK_SET), 4);
    EQUAL(lseek(twin, 0, SEEK_CUR), 4);   /* one position between them */
    EQUAL(dup2(fd, 50), 50);
    EQUAL(dup2(fd, fd), fd);
    EQUAL(dup3(fd, 51, O_CLOEXEC), 51);
    EQUAL(fcntl(51, F_GETFD), FD_CLOEXEC);
    EQUAL(fcntl(50, F_GETFD), 0);
    FAILS(dup3(fd, fd, 0), EINVAL);
    FAILS(dup2(999, 5), EBADF);
    FAILS(dup2(fd, -1), EBADF);
    EQUAL(fcntl(fd, F_DUPFD, 100), 100);
    EQUAL(fcntl(fd, F_DUPFD_CLOEXEC, 100), 101);
    EQUAL(fcntl(fd, F_SETFL, O_APPEND), 0);
    CHECK(fcntl(twin, F_GETFL) & O_APPEND);
    pid_t child = fork_or_fail();
    if (!child)
        _exit(lseek(fd, 7, SEEK_SET) != 7);
    EQUAL(wait_for(child), 0);
    EQUAL(lseek(fd, 0, SEEK_CUR), 7);
    close(fd);
    int low = open("/dev/null", O_RDONLY);
    EQUAL(low, fd);                   /* always the lowest free one */
}

static void devices(void)
{
    char got[16];
    int zero = open("/dev/zero", O_RDWR), null = open("/dev/null", O_RDWR);
    CHECK(zero >= 0 && null >= 0);
    memset(got, 1, sizeof got);
    EQUAL(read(zero, got, 16), 16);
    EQUAL(got[15], 0);
    EQUAL(read(null, got, 16), 0);
    EQUAL(write(null, got, 16), 16);
    struct stat st;
    EQUAL(stat("/dev/null", &st), 0);
    CHECK(S_ISCHR(st.st_mode));
    EQUAL(st.st_rdev, 0x103);
    FAILS(write(open("/dev/full", O_WRONLY), "x", 1), ENOSPC);
}

static const struct check_case cases[] = {
    { "open-flags", open_flags }, { "append", append }, { "rename", renaming }, { "links", links },
    { "unlinked-while-open", unlinked_while_open }, { "symlinks", symlinks }, { "listing", directory_listing },
    { "seeking", seeking }, { "vectors", vectors }, { "truncate", truncating }, { "times", times }, { "modes", modes },
    { "working-directory", working_directory }, { "statfs", file_system }, { "duplicates", duplicates },
    { "devices", devices }, { 0 },
};

int main(int argc, char **argv)
{
    umask(022);
    return run_cases(cases, argc, argv);
}
