#include "core/timer.h"
#include "base/list.h"
#include "base/rc.h"
#include "core/loop.h"
#include <stdlib.h>

struct timers {
    struct heap heap;
    struct clock *clock;
    struct loop *loop;
    struct loop_timer *alarm; /* NULL without a loop */
    bool stale;               /* the alarm does not stand for the earliest timer: arm it before the sleep */
};

static struct timer *of_node(struct heap_node *n)
{
    return n ? list_of(n, struct timer, node) : NULL;
}

/* Far-away alarms are cut: a real clock that is changed or a speed that is high is noticed within the hour.
 */
#define LONGEST_SLEEP_MS 3600000

static void arm_alarm(void *arg)
{
    struct timers *t = arg;
    if (!t->stale)
        return;
    t->stale = false;
    struct heap_node *first = heap_top(&t->heap);
    int64_t ms = first ? clock_real_ms_until(t->clock, first->due) : -1;
    if (ms < 0)
        loop_timer_stop(t->alarm);
    else
        loop_timer_set(t->alarm, ms < LONGEST_SLEEP_MS ? ms : LONGEST_SLEEP_MS, 0);
}

static void on_alarm(void *arg)
{
    struct timers *t = arg;
    timers_fire(t);
    t->stale = true;
}

struct timers *timers_new(struct loop *loop, struct clock *clock)
{
    struct timers *t = xcalloc(1, sizeof(*t));
    heap_init(&t->heap);
    t->clock = clock;
    t->loop = loop;
    if (loop) {
        t->alarm = loop_timer_new(loop, on_alarm, t);
        loop_flush(loop, arm_alarm, t);
    }
    return t;
}

void timers_free(struct timers *t)
{
    if (!t)
        return;
    if (t->loop) {
        loop_forget(t->loop, t);
        loop_timer_free(t->alarm);
    }
    heap_release(&t->heap);
    free(t);
}

void timer_set(struct timers *t, struct timer *x, int64_t due_ms)
{
    if (timer_armed(x) && x->node.due == due_ms)
        return;
    timer_stop(t, x);
    heap_add(&t->heap, &x->node, due_ms);
    if (heap_top(&t->heap) == &x->node)
        t->stale = true;
}

void timer_stop(struct timers *t, struct timer *x)
{
    if (!timer_armed(x))
        return;
    /* An alarm for a timer that is gone wakes the loop once for nothing, which is cheaper than arming anew:
     * most timers are stopped before they are due. */
    heap_del(&t->heap, &x->node);
}

bool timer_armed(const struct timer *x)
{
    return x->node.at != 0;
}

static struct heap_node *first_work(const struct timers *t)
{
    struct heap_node *first = NULL;
    for (size_t i = 0; i < t->heap.n; i++) {
        struct heap_node *n = t->heap.nodes[i];
        if (!of_node(n)->idle && (!first || n->due < first->due))
            first = n;
    }
    return first;
}

bool timers_next(const struct timers *t, bool work, int64_t *due_ms)
{
    struct heap_node *first = heap_top(&t->heap);
    if (first && work && of_node(first)->idle)
        first = first_work(t);
    if (!first)
        return false;
    *due_ms = first->due;
    return true;
}

int timers_fire(struct timers *t)
{
    int64_t now = clock_now(t->clock);
    int fired = 0;
    /* No more than were armed at the start: a timer that arms itself in the past waits for the next time. */
    for (size_t left = t->heap.n < TIMERS_AT_ONCE ? t->heap.n : TIMERS_AT_ONCE; left > 0; left--) {
        struct timer *x = of_node(heap_top(&t->heap));
        if (!x || x->node.due > now)
            break;
        heap_del(&t->heap, &x->node);
        x->fire(x);
        fired++;
    }
    t->stale = true;
    return fired;
}

void timers_shift(struct timers *t, int64_t by_ms)
{
    for (size_t i = 0; i < t->heap.n; i++)
        t->heap.nodes[i]->due += by_ms;
    t->stale = true;
}

void timers_clock_changed(struct timers *t)
{
    t->stale = true;
}
