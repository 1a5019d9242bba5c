/* What the rows of scarlet-bench share: one row's description and a few helpers. */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>

/* Why the current row could not be measured; empty while all is well. */
extern char why[160];

/* Notes `what: strerror(errno)` as the reason the row is skipped. Returns -1, so that a row can `return fail("open")`. */
int fail(const char *what);

/* One thing to measure. `setup` and `teardown` may be null; teardown runs also when setup or op failed, and must bear it.
 * Both `setup` and `op` return 0, or -1 having called fail(). */
struct row {
    const char *name;   /* as `--rows` takes it and as it is printed */
    unsigned ops;       /* operations in one batch */
    int (*setup)(void);
    int (*op)(unsigned n);    /* does the operation n times */
    void (*teardown)(void);
};

extern const struct row basic_rows[], process_rows[], memory_rows[], stream_rows[];

/* Path of this very program, for the exec row. */
extern const char *self_path;

/* Where the rows that need files make them: $BENCH_TMP, else /tmp. `scratch(NAME)` gives a path there, valid until the next call. */
const char *scratch(const char *name);

/* Reads or writes exactly `len` bytes. 0, or -1 with errno set (end of stream counts as EPIPE). */
int read_all(int fd, void *buf, unsigned long len);
int write_all(int fd, const void *buf, unsigned long len);

#endif
