/* Files: opening, positions, names, links, directories, metadata. */
#include "test.h"
#include <dirent.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <sys/uio.h>

static char buffer[4096];

static void contents(void)
{
    int fd = open("f", O_CREAT | O_EXCL | O_RDWR, 0640);
    struct stat st;
    CHECK("create", fd >= 0);
    CHECK("exclusive create fails", open("f", O_CREAT | O_EXCL, 0600) == -1 && errno == EEXIST);
    CHECK("write", write(fd, "hello world", 11) == 11);
    CHECK("seek and read", lseek(fd, 6, SEEK_SET) == 6 && read(fd, buffer, 99) == 5 && !memcmp(buffer, "world", 5));
    CHECK("end of file", read(fd, buffer, 1) == 0);
    CHECK("pread leaves the position", pread(fd, buffer, 5, 0) == 5 && lseek(fd, 0, SEEK_CUR) == 11);
    CHECK("pwrite beyond the end leaves zeros", pwrite(fd, "x", 1, 20) == 1 && pread(fd, buffer, 21, 0) == 21 && buffer[15] == 0);
    CHECK("negative seek", lseek(fd, -1, SEEK_SET) == -1 && errno == EINVAL);
    CHECK("truncate", ftruncate(fd, 5) == 0 && fstat(fd, &st) == 0 && st.st_size == 5);
    CHECK("mode", S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0640 && st.st_nlink == 1);
    struct iovec iov[2] = {{"ab", 2}, {"cd", 2}};
    CHECK("writev", lseek(fd, 0, SEEK_SET) == 0 && writev(fd, iov, 2) == 4 && pread(fd, buffer, 4, 0) == 4 && !memcmp(buffer, "abcd", 4));
    int append = open("f", O_WRONLY | O_APPEND);
    CHECK("append", write(append, "!", 1) == 1 && fstat(fd, &st) == 0 && st.st_size == 6);
    CHECK("write-only cannot be read", read(append, buffer, 1) == -1 && errno == EBADF);
    CHECK("F_GETFL", (fcntl(append, F_GETFL) & (O_ACCMODE | O_APPEND)) == (O_WRONLY | O_APPEND));
    int copy = dup(fd);
    lseek(fd, 3, SEEK_SET);
    CHECK("duplicates share the position", lseek(copy, 0, SEEK_CUR) == 3);
    CHECK("dup2 to a number", dup2(fd, 60) == 60 && fcntl(60, F_GETFD) == 0);
    CHECK("F_DUPFD_CLOEXEC", fcntl(fd, F_DUPFD_CLOEXEC, 70) == 70 && fcntl(70, F_GETFD) == FD_CLOEXEC);
    CHECK("bad descriptor", read(99, buffer, 1) == -1 && errno == EBADF);
    CHECK("bad buffer", read(fd, (void *)1, 1) == -1 && errno == EFAULT);
    CHECK("unlinked files live on", unlink("f") == 0 && pread(fd, buffer, 1, 0) == 1 && stat("f", &st) == -1 && errno == ENOENT);
    close(fd);
    close(copy);
}

static void names(void)
{
    struct stat a, b;
    close(open("one", O_CREAT | O_WRONLY, 0666));
    CHECK("link", link("one", "two") == 0 && stat("one", &a) == 0 && stat("two", &b) == 0 && a.st_ino == b.st_ino && a.st_nlink == 2);
    CHECK("rename replaces", rename("two", "three") == 0 && access("two", F_OK) == -1 && access("three", F_OK) == 0);
    CHECK("symlink", symlink("one", "soft") == 0 && readlink("soft", buffer, 99) == 3 && !memcmp(buffer, "one", 3));
    CHECK("lstat sees the link", lstat("soft", &a) == 0 && S_ISLNK(a.st_mode) && stat("soft", &b) == 0 && S_ISREG(b.st_mode));
    CHECK("O_NOFOLLOW", open("soft", O_RDONLY | O_NOFOLLOW) == -1 && errno == ELOOP);
    symlink("loop", "loop");
    CHECK("loop", open("loop", O_RDONLY) == -1 && errno == ELOOP);
    CHECK("mkdir", mkdir("d", 0755) == 0 && mkdir("d", 0755) == -1 && errno == EEXIST);
    close(open("d/x", O_CREAT | O_WRONLY, 0666));
    CHECK("full directories stay", rmdir("d") == -1 && errno == ENOTEMPTY);
    CHECK("directories cannot be unlinked", unlink("d") == -1 && errno == EISDIR);
    CHECK("directories cannot be written", open("d", O_WRONLY) == -1 && errno == EISDIR);
    CHECK("files are no directories", open("one/x", O_RDONLY) == -1 && errno == ENOTDIR);
    CHECK("rename into itself", rename("d", "d/e") == -1 && errno == EINVAL);
    CHECK("empty path", open("", O_RDONLY) == -1 && errno == ENOENT);
    memset(buffer, 'n', 300);
    buffer[300] = 0;
    CHECK("long name", open(buffer, O_CREAT | O_WRONLY, 0666) == -1 && errno == ENAMETOOLONG);
    int dir = open("d", O_RDONLY | O_DIRECTORY);
    CHECK("openat", faccessat(dir, "x", R_OK, 0) == 0 && fstatat(dir, "x", &a, 0) == 0);
    CHECK("fchdir and getcwd", fchdir(dir) == 0 && getcwd(buffer, sizeof buffer) && strlen(buffer) > 2 && !strcmp(buffer + strlen(buffer) - 2, "/d"));
    CHECK("..", chdir("..") == 0 && access("one", F_OK) == 0);
    close(dir);
}

static void directories(void)
{
    int seen = 0, dots = 0;
    mkdir("many", 0755);
    for (int i = 0; i < 200; i++) {
        sprintf(buffer, "many/file-%d", i);
        close(open(buffer, O_CREAT | O_WRONLY, 0666));
    }
    DIR *dir = opendir("many");
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            dots++;
        else
            seen++;
    }
    CHECK("every entry is listed once", seen == 200 && dots == 2);
    if (dir)
        closedir(dir);
    for (int i = 0; i < 200; i++) {
        sprintf(buffer, "many/file-%d", i);
        unlink(buffer);
    }
    CHECK("empty directories go", rmdir("many") == 0);
}

static void metadata(void)
{
    struct stat st;
    struct statfs fs;
    mode_t old = umask(027);
    close(open("masked", O_CREAT | O_WRONLY, 0666));
    CHECK("umask", umask(old) == 027 && stat("masked", &st) == 0 && (st.st_mode & 0777) == 0640);
    CHECK("chmod", chmod("masked", 0404) == 0 && stat("masked", &st) == 0 && (st.st_mode & 07777) == 0404);
    struct timespec times[2] = {{.tv_sec = 1000, .tv_nsec = 5}, {.tv_sec = 2000, .tv_nsec = 6}};
    CHECK("utimensat", utimensat(AT_FDCWD, "masked", times, 0) == 0 && stat("masked", &st) == 0 && st.st_atim.tv_sec == 1000 && st.st_mtim.tv_nsec == 6);
    times[0].tv_nsec = UTIME_OMIT;
    times[1].tv_nsec = UTIME_NOW;
    CHECK("UTIME_OMIT and UTIME_NOW", utimensat(AT_FDCWD, "masked", times, 0) == 0 && stat("masked", &st) == 0 && st.st_atim.tv_sec == 1000 && st.st_mtim.tv_sec > 2000);
    CHECK("statfs", statfs(".", &fs) == 0 && fs.f_bsize > 0 && fs.f_namelen >= 255);
    CHECK("access of what is not there", access("absent", F_OK) == -1 && errno == ENOENT);
    CHECK("isatty of a file", isatty(open("masked", O_RDONLY)) == 0 && errno == ENOTTY);
    struct stat null;
    CHECK("/dev/null", stat("/dev/null", &null) == 0 && S_ISCHR(null.st_mode));
    CHECK("mkfifo", mkfifo("fifo", 0600) == 0 && stat("fifo", &st) == 0 && S_ISFIFO(st.st_mode));
}

int main(void)
{
    char directory[] = "/tmp/t-file-XXXXXX";
    if (!mkdtemp(directory) || chdir(directory)) {
        CHECK("work directory", 0);
        return 1;
    }
    contents();
    names();
    directories();
    metadata();
    return failures != 0;
}
