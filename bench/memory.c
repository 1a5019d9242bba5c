/* Rows of address-space work. */
#define _GNU_SOURCE
#include "bench.h"

#include <sys/mman.h>
#include <stddef.h>

#define REGION (64u << 10)
#define FAULTS 64
#define PAGE 4096

static void *map(unsigned long len)
{
    return mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* Mapped and unmapped, never touched. */
static int map_unmap(unsigned n)
{
    while (n--) {
        void *at = map(REGION);
        if (at == MAP_FAILED)
            return fail("mmap");
        if (munmap(at, REGION))
            return fail("munmap");
    }
    return 0;
}

/* One operation: a fresh mapping of 64 pages, each written once, and the unmapping that gives them back. */
static int faults(unsigned n)
{
    while (n--) {
        char *at = map(FAULTS * PAGE);
        if (at == MAP_FAILED)
            return fail("mmap");
        for (unsigned page = 0; page < FAULTS; page++)
            *(volatile char *)(at + page * PAGE) = 1;
        if (munmap(at, FAULTS * PAGE))
            return fail("munmap");
    }
    return 0;
}

const struct row memory_rows[] = {
    { "mmap+munmap-64K", 4000, NULL, map_unmap, NULL },
    { "page-faults-64", 80, NULL, faults, NULL },
    { 0 },
};
