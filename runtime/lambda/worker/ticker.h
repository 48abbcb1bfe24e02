/* A timer signal that says "a slice is over" while handlers run: what makes preemption possible.
 *
 * One signal (SIGALRM), one POSIX timer per ticker; the tick gets its argument from the timer, so there is no
 * global.  It arms itself when work begins and disarms itself from the signal once a whole period saw none,
 * so a busy worker pays no system call per invocation.  For both homes: the worker process and --inline.  A
 * period in which the process had the processor for less than half does not count. */
#ifndef LAMBDA_WORKER_TICKER_H
#define LAMBDA_WORKER_TICKER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define TICK_US 2000

struct ticker {
    timer_t timer;
    void (*tick)(void *arg); /* in the signal handler: async-signal-safe things only */
    void *arg;
    volatile sig_atomic_t working, seen, armed;
    int64_t used_us; /* of processor, by this process, at the last tick that counted */
};

/* `t` stays where it is; the handlers run in the calling thread.  False: the system gives no timer. */
bool ticker_open(struct ticker *t, void (*tick)(void *arg), void *arg);
void ticker_close(struct ticker *t);

/* Handlers run between begin and end. */
void ticker_begin(struct ticker *t);
void ticker_end(struct ticker *t);

#endif
