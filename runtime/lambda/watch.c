#include "lane.h"

#define TICK_MS 5             /* how often we look, while something has not begun */
#define SLOW_TICK_MS 50       /* ... while everything has */
#define GRACE_US 100000       /* past a deadline */
#define INIT_US 10000000      /* what comes before a handler has so long, as on AWS */
#define WAKE_US 50000         /* unbegun for so long, and again: was its worker stopped? */
#define IDLE_US 300000000     /* an empty home is retired after this */
#define HOUSEKEEPING_MS 30000 /* how often idle homes are looked for */

/* What was sent to a stuck home and has not begun goes elsewhere, when there is an elsewhere. */
static void rescue(struct home *h, int64_t now)
{
    if (h->ending || !home_is_stuck(h, now))
        return;
    struct home *other = lane_choose(h->lane, now);
    if (other && other != h)
        ending_take_back_unbegun(h);
}

/* A worker that was stopped (kill -STOP) hears nothing, and neither does a helper that is to fork it: they
 * are told to go on.  No harm to one that is only busy. */
static void wake(struct home *h, const struct flight *unbegun, int64_t now)
{
    if (!h->page || now - unbegun->sent_us < WAKE_US || now - h->woken_us < WAKE_US)
        return;
    h->woken_us = now;
    if (h->kind->wake(h) && !h->was_stopped) {
        h->was_stopped = true;
        log_warn(h->world->log, "%s: a worker was stopped by a signal; it is told to go on", h->lane->name);
    }
}

/* The guard's time begins when we see that it has begun: at most one look too late. */
static void note_begun(struct home *h, struct flight *x, int64_t now)
{
    if (x->stage == FLIGHT_SENT && ending_has_begun(h, x))
        x->stage = FLIGHT_BEGUN;
    if (x->stage == FLIGHT_BEGUN && !x->late_us)
        x->late_us = now + x->timeout_ms * 1000 + GRACE_US;
}

/* When it must have ended.  What has not begun has as long, counted from when it was sent; a cold start does
 * not eat it up: INIT_US more until its worker has said anything. */
static int64_t latest(const struct home *h, const struct flight *x)
{
    int64_t init = h->spoke ? 0 : INIT_US;
    return x->late_us ? x->late_us : x->sent_us + init + x->timeout_ms * 1000 + GRACE_US;
}

/* Asleep with everything begun, while others wait: its handlers wait for something, so more may run. */
static void widen(struct home *h, int64_t now)
{
    struct list *at;
    if (h->page && claim_stuck_us(h->page, now) > 0)
        return;
    list_each (at, &h->flights)
        if (!ending_has_begun(h, list_of(at, struct flight, link)))
            return;
    if (home_running(h) >= h->window)
        h->window += LANE_WINDOW;
}

static bool is_heavy(const struct flight *x, int64_t now)
{
    return x->stage == FLIGHT_BEGUN && x->call_count == 0 && now - x->sent_us > LANE_STUCK_US;
}

/* True while something in it has not begun, or is heavy: it must be looked at again soon. */
static bool look_after_home(struct home *h, int64_t now)
{
    struct list *at, *tmp;
    bool unbegun = false, asleep = h->page && claim_stuck_us(h->page, now) == 0;
    h->heavy = 0;
    list_each_safe (at, tmp, &h->flights) {
        struct flight *x = list_of(at, struct flight, link);
        note_begun(h, x, now);
        if (now > latest(h, x) && h->kind->kill) {
            ending_late(h, x);
            return true;
        }
        if (x->stage == FLIGHT_SENT && !unbegun)
            wake(h, x, now);
        unbegun |= x->stage == FLIGHT_SENT;
        h->heavy += !asleep && is_heavy(x, now);
    }
    if (unbegun)
        rescue(h, now);
    return unbegun || h->heavy > 0;
}

/* True when it must be looked at again soon. */
static bool look_after_lane(struct lane *l, int64_t now)
{
    struct list *at, *tmp;
    bool soon = false;
    list_each_safe (at, tmp, &l->homes)
        soon |= look_after_home(list_of(at, struct home, link), now);
    if (list_empty(&l->queue))
        return soon;
    struct flight *first = list_of(l->queue.next, struct flight, link);
    if (now - first->queued_us > LANE_STUCK_US)
        list_each (at, &l->homes)
            widen(list_of(at, struct home, link), now);
    dispatch_pump(l, now);
    return true;
}

static void watch(struct dispatch *d, int64_t ms)
{
    if (!d->tick || (d->tick_ms && d->tick_ms <= ms))
        return;
    d->tick_ms = ms;
    loop_timer_set(d->tick, ms, ms);
}

static void on_tick(void *arg)
{
    struct dispatch *d = arg;
    struct map_entry *at = d->lanes.first;
    struct lane *l;
    bool soon = false;
    int64_t now = clock_mono_us();
    while ((l = map_each(&at, NULL)))
        if (l->in_flight > 0)
            soon |= look_after_lane(l, now);
    if (soon)
        return;
    d->tick_ms = 0;
    loop_timer_stop(d->tick);
    if (d->in_flight > 0)
        watch(d, SLOW_TICK_MS);
}

static void retire_idle(void *arg)
{
    struct dispatch *d = arg;
    struct map_entry *each = d->lanes.first;
    struct lane *l;
    int64_t now = clock_mono_us();
    while ((l = map_each(&each, NULL))) {
        struct list *at, *tmp;
        list_each_safe (at, tmp, &l->homes) {
            struct home *h = list_of(at, struct home, link);
            if (h->in_flight == 0 && now - h->idle_us > IDLE_US)
                h->old = true;
            home_retire_when_empty(h);
        }
    }
}

void watch_soon(struct dispatch *d)
{
    watch(d, TICK_MS);
}

void watch_start(struct dispatch *d)
{
    struct loop *loop = d->world->loop;
    if (!loop)
        return;
    d->tick = loop_timer_new(loop, on_tick, d);
    d->housekeeping = loop_timer_new(loop, retire_idle, d);
    loop_timer_set(d->housekeeping, HOUSEKEEPING_MS, HOUSEKEEPING_MS);
}

void watch_stop(struct dispatch *d)
{
    if (!d->tick)
        return;
    loop_timer_free(d->tick);
    loop_timer_free(d->housekeeping);
}
