/* Timers on the world's clock: every deadline of the emulated world.
 *
 * The loop sleeps until the earliest; frozen clocks sleep for ever; `clock advance` pops them in order.  A
 * timer is embedded in what it belongs to and disarmed before that is freed.  Timers are not state: they are
 * armed again from the store at start. */
#ifndef CORE_TIMER_H
#define CORE_TIMER_H

#include "base/clock.h"
#include "base/heap.h"

struct timers;
struct loop;

struct timer {
    struct heap_node node;
    void (*fire)(struct timer *); /* disarmed when called; may arm itself again */
    bool idle; /* housekeeping: `settle` and `advance` do not count it as something that is due */
};

/* `loop` may be NULL; then somebody calls timers_fire. */
struct timers *timers_new(struct loop *loop, struct clock *clock);
void timers_free(struct timers *t);

/* Arms, or moves when armed.  due: milliseconds of the world's clock; what is past fires in the next turn of
 * the loop, never inside this call. */
void timer_set(struct timers *t, struct timer *x, int64_t due_ms);
void timer_stop(struct timers *t, struct timer *x);
bool timer_armed(const struct timer *x);

/* The earliest due time (without `idle` ones when `work` is set); false when there is none. */
bool timers_next(const struct timers *t, bool work, int64_t *due_ms);

/* Fires what is due now, in order, and no more than so many; returns how many.  The loop reads its sockets
 * before it fires the next, so that thousands that are due at once (after `clock advance`) hold nobody up. */
#define TIMERS_AT_ONCE 256
int timers_fire(struct timers *t);

/* All that are armed move by so much and keep their order: the clock was set back, and each goes on waiting
 * for what was left of its time. */
void timers_shift(struct timers *t, int64_t by_ms);

/* The clock was set, frozen, resumed or its speed changed: sleep anew. */
void timers_clock_changed(struct timers *t);

#endif
