/* Clocks and sleeps. */
#include "test.h"
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

static long long ns(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static long long ns_by_call(clockid_t clock)
{
    struct timespec time;
    syscall(SYS_clock_gettime, clock, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(void)
{
    int good = 1;
    long long last = ns(CLOCK_MONOTONIC);
    for (int i = 0; i < 1000; i++) {
        long long now = i % 2 ? ns(CLOCK_MONOTONIC) : ns_by_call(CLOCK_MONOTONIC);
        good &= now >= last;
        last = now;
    }
    CHECK("monotonic, by library and by call", good);
    long long a = ns(CLOCK_REALTIME), b = ns_by_call(CLOCK_REALTIME);
    CHECK("wall clocks agree", b - a >= -1000000 && b - a < 1000000000);
    struct timeval tv;
    CHECK("gettimeofday", gettimeofday(&tv, NULL) == 0 && tv.tv_sec >= a / 1000000000 && tv.tv_usec < 1000000);
    CHECK("it is after 2020", time(NULL) > 1577836800);
    long long start = ns(CLOCK_MONOTONIC);
    struct timespec sleep = {.tv_nsec = 20000000};
    CHECK("nanosleep", nanosleep(&sleep, NULL) == 0);
    long long slept = ns(CLOCK_MONOTONIC) - start;
    CHECK("sleeps as long as asked", slept >= 20000000 && slept < 2000000000);
    start = ns(CLOCK_MONOTONIC) + 10000000;
    struct timespec until = {start / 1000000000, start % 1000000000};
    CHECK("absolute sleep", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == 0 && ns(CLOCK_MONOTONIC) >= start);
    sleep.tv_nsec = 1000000000;
    CHECK("bad times", nanosleep(&sleep, NULL) == -1 && errno == EINVAL);
    CHECK("bad clock", clock_gettime(99, &sleep) == -1 && errno == EINVAL);
    clock_t before = clock();
    for (volatile int i = 0; i < 30000000; i++)
        ;
    CHECK("processor time passes", clock() > before);
    struct tms times_now;
    CHECK("times", times(&times_now) != (clock_t)-1);
    return failures != 0;
}
