/* Being the first process of a bare Linux: the peer is booted with an initramfs that holds only this program, as /init. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Brings the loopback interface up, which Linux leaves down at boot. */
static void loopback_up(void)
{
    struct ifreq request = { .ifr_flags = IFF_UP | IFF_RUNNING };
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    strcpy(request.ifr_name, "lo");
    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request))
        perror("scarlet-bench: loopback");
    if (fd >= 0)
        close(fd);
}

/* Lets the work that Linux puts off until after boot come to its end: for some seconds it multiplies the cost of every
 * call (a null syscall, under -icount: 2521 ns at once, 405 after this), and the comparison would flatter us. */
static void settle(void)
{
    struct timespec some = { 8, 0 };
    nanosleep(&some, NULL);
}

/* Mounts what the rows need and opens the console. What fails is said; the rows that need it then skip themselves. */
void prepare_bare_linux(void)
{
    static const struct { const char *type, *at; } mounts[] = {
        { "devtmpfs", "/dev" }, { "proc", "/proc" }, { "tmpfs", "/tmp" },
    };
    for (unsigned i = 0; i < sizeof mounts / sizeof *mounts; i++) {
        mkdir(mounts[i].at, 0755);
        if (mount(mounts[i].type, mounts[i].at, mounts[i].type, 0, NULL))
            perror(mounts[i].at);
    }
    /* An initramfs without /dev/console starts init with no descriptors at all. */
    if (fcntl(2, F_GETFD) < 0) {
        int fd = open("/dev/console", O_RDWR);
        dup2(fd, 0);
        dup2(fd, 1);
        dup2(fd, 2);
        if (fd > 2)
            close(fd);
    }
    loopback_up();
    settle();
}

void power_off(void)
{
    sync();
    reboot(RB_POWER_OFF);
}
