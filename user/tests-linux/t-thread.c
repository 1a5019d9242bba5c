/* Threads: making, joining, locks, conditions, time-outs, thread-local data, ending. */
#include "test.h"
#include <pthread.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int counter, turn;
static __thread int own = 5;
static volatile sig_atomic_t handled;

static void *add(void *argument)
{
    for (int i = 0; i < 2000; i++) {
        pthread_mutex_lock(&lock);
        counter++;
        pthread_mutex_unlock(&lock);
    }
    own += 1;
    return (void *)(long)(own + (argument != NULL));
}

static void *pong(void *argument)
{
    for (int i = 0; i < 200; i++) {
        pthread_mutex_lock(&lock);
        while (turn != 1)
            pthread_cond_wait(&condition, &lock);
        turn = 0;
        pthread_cond_signal(&condition);
        pthread_mutex_unlock(&lock);
    }
    return argument;
}

static void *end_all(void *argument)
{
    _exit(*(int *)argument);
}

static void *forever(void *argument)
{
    for (;;)
        pause();
    return argument;
}

static void handle(int signal)
{
    (void)signal;
    handled++;
}

static void *fault(void *argument)
{
    *(volatile int *)argument = 1;
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[8];
    void *result;
    int good = 1;
    if (argc > 1)
        return 42;
    for (int i = 0; i < 8; i++)
        good &= pthread_create(&threads[i], NULL, add, NULL) == 0;
    CHECK("eight threads start", good);
    for (int i = 0; i < 8; i++)
        good &= pthread_join(threads[i], &result) == 0 && result == (void *)6;
    CHECK("they end with their values", good);
    CHECK("the lock locked", counter == 16000);
    CHECK("thread-local data is each one's own", own == 5);
    pthread_create(&threads[0], NULL, pong, NULL);
    for (int i = 0; i < 200; i++) {
        pthread_mutex_lock(&lock);
        while (turn != 0)
            pthread_cond_wait(&condition, &lock);
        turn = 1;
        pthread_cond_signal(&condition);
        pthread_mutex_unlock(&lock);
    }
    CHECK("ping-pong", pthread_join(threads[0], NULL) == 0);
    struct timespec soon;
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_nsec += 5000000;
    if (soon.tv_nsec >= 1000000000)
        soon.tv_sec++, soon.tv_nsec -= 1000000000;
    pthread_mutex_lock(&lock);
    CHECK("condition times out", pthread_cond_timedwait(&condition, &lock, &soon) == ETIMEDOUT);
    pthread_mutex_unlock(&lock);
    static int code = 17;
    CHECK("a thread ends the process", EXITED(IN_CHILD(pthread_create(&threads[0], NULL, end_all, &code); pause(); 0), 17));
    CHECK("a thread's fault ends the process", KILLED(IN_CHILD(pthread_create(&threads[0], NULL, fault, (void *)8); pause(); 0), SIGSEGV));
    signal(SIGUSR1, handle);
    pthread_create(&threads[0], NULL, forever, NULL);
    pthread_kill(threads[0], SIGUSR1);
    for (int i = 0; i < 1000 && !handled; i++)
        usleep(1000);
    CHECK("pthread_kill", handled == 1);
    pthread_cancel(threads[0]);
    CHECK("cancel", pthread_join(threads[0], &result) == 0 && result == PTHREAD_CANCELED);
    char self[256];
    snprintf(self, sizeof self, "%s%s", strchr(argv[0], '/') ? "" : "/bin/", argv[0]);
    CHECK("exec with threads", EXITED(IN_CHILD(pthread_create(&threads[0], NULL, forever, NULL); execl(self, "x", "again", NULL); 1), 42));
    pthread_mutexattr_t robust;
    pthread_mutexattr_init(&robust);
    pthread_mutexattr_setrobust(&robust, PTHREAD_MUTEX_ROBUST);
    static pthread_mutex_t left;
    pthread_mutex_init(&left, &robust);
    pthread_create(&threads[0], NULL, (void *(*)(void *))pthread_mutex_lock, &left);
    pthread_join(threads[0], NULL);
    CHECK("a dead owner's lock is told", pthread_mutex_lock(&left) == EOWNERDEAD);
    return failures != 0;
}
