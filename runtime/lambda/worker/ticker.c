#include "ticker.h"

#include "base/clock.h"
#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id /* glibc has the field and not always its name */
#define sigev_notify_thread_id _sigev_un._tid
#endif

static void set(struct ticker *t, long us)
{
    struct itimerspec period = {{0, us * 1000}, {0, us * 1000}};
    timer_settime(t->timer, 0, &period, NULL);
}

/* On a machine that has too much to do, time passes while others have the processor.  Who has hardly begun is
 * not interrupted for that: behind a handler that then holds the processor it could not be helped any more.
 */
static bool was_ours(struct ticker *t)
{
    int64_t used = clock_processor_us(0);
    if (used >= 0 && used - t->used_us < TICK_US / 2)
        return false;
    t->used_us = used;
    return true;
}

static void on_signal(int signum, siginfo_t *info, void *context)
{
    (void)signum, (void)context;
    int before = errno;
    struct ticker *t = info->si_code == SI_TIMER ? info->si_value.sival_ptr : NULL;
    if (t && t->seen) {
        t->seen = t->working;
        if (was_ours(t))
            t->tick(t->arg);
    } else if (t) {
        t->armed = 0;
        set(t, 0);
    }
    errno = before;
}

bool ticker_open(struct ticker *t, void (*tick)(void *arg), void *arg)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
    struct sigevent event = {
        .sigev_notify =
            SIGEV_THREAD_ID, /* the thread whose handlers run, in a process that may have others */
        .sigev_signo = SIGALRM,
        .sigev_value.sival_ptr = t,
        .sigev_notify_thread_id = gettid(),
    };
    t->tick = tick;
    t->arg = arg;
    t->working = t->seen = t->armed = 0;
    sigemptyset(&action.sa_mask);
    return sigaction(SIGALRM, &action, NULL) == 0 && timer_create(CLOCK_MONOTONIC, &event, &t->timer) == 0;
}

/* A signal that is on its way must not find `t` gone. */
void ticker_close(struct ticker *t)
{
    sigset_t alarm, before;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarm, &before);
    timer_delete(t->timer);
    while (sigtimedwait(&alarm, NULL, &(struct timespec){0, 0}) > 0)
        ;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void ticker_begin(struct ticker *t)
{
    t->working = 1;
    t->seen = 1;
    if (t->armed)
        return;
    t->armed = 1;
    t->used_us = clock_processor_us(0);
    set(t, TICK_US);
}

void ticker_end(struct ticker *t)
{
    t->working = 0;
}
