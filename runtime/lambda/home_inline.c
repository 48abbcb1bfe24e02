/* This process as a home (--inline): the executor's steps are jobs of the turn.
 *
 * The executor runs in a job's `end`, outside the transaction, so what a handler asks of the door joins the
 * next turn.  While it has something to run the job queues itself again, slice by slice; while its handlers
 * sleep, an alarm does, or without a loop (plain tests) the job goes round.  Without work the alarm tidies.
 */
#include "core/conf.h"
#include "home.h"
#include "worker/ticker.h"
#include <stdlib.h>

#define SLICE_US 1000
#define IDLE_MS 200 /* without work for so long: tidy up */

struct inline_home {
    struct job job;
    struct home *home;
    struct executor *executor;
    struct ticker ticker;
    struct loop_timer *alarm; /* NULL without a loop */
    bool queued, retired;
};

static bool claim(void *own, uint64_t invocation)
{
    (void)own, (void)invocation;
    return true;
}

static void started(void *own, uint64_t invocation, bool cold, int64_t init_us)
{
    home_started(((struct inline_home *)own)->home, invocation, cold, init_us);
}

static void called(void *own, uint64_t invocation, uint64_t call, struct str service, struct str operation,
                   struct str input)
{
    home_called(((struct inline_home *)own)->home, invocation, call, service, operation, input);
}

static void logged(void *own, uint64_t invocation, struct str line)
{
    home_logged(((struct inline_home *)own)->home, invocation, line);
}

static void done(void *own, const struct invocation_result *r)
{
    home_done(((struct inline_home *)own)->home, r);
}

static void queue(struct inline_home *own)
{
    if (own->queued)
        return;
    own->queued = true;
    turn_add(own->home->world->turn, &own->job);
}

static void in_turn(struct job *j)
{
    (void)j;
}

static void interrupt(void *executor)
{
    executor_interrupt(executor);
}

static void inline_free(struct inline_home *own)
{
    ticker_close(&own->ticker);
    if (own->alarm)
        loop_timer_free(own->alarm);
    executor_free(own->executor);
    free(own);
}

/* Nothing can run: when must it be looked at again, though nobody answers? */
static void sleep_until_due(struct inline_home *own)
{
    int64_t wait_us = executor_wait_us(own->executor);
    if (own->alarm && own->home->in_flight == 0)
        loop_timer_set(own->alarm, IDLE_MS, 0);
    else if (own->alarm && wait_us >= 0)
        loop_timer_set(own->alarm, wait_us / 1000 + 1, 0);
    else if (!own->alarm && own->home->waiting < own->home->in_flight)
        queue(own);
}

/* A run that is to be the same each time must not depend on how fast it is: nobody is interrupted. */
static int64_t slice_of(const struct world *w)
{
    return w->conf && w->conf->seed ? INT64_MAX : SLICE_US;
}

static void step(struct job *j, enum rc committed)
{
    (void)committed;
    struct inline_home *own = list_of(j, struct inline_home, job);
    own->queued = false;
    ticker_begin(&own->ticker);
    bool more = executor_step(own->executor, slice_of(own->home->world));
    ticker_end(&own->ticker);
    if (more) {
        queue(own);
    } else if (own->retired && !own->queued) {
        struct home *h = own->home;
        inline_free(own);
        home_gone(h, 0);
    } else {
        sleep_until_due(own);
    }
}

static void wake(void *arg)
{
    struct inline_home *own = arg;
    if (own->home->in_flight > 0)
        queue(own);
    else if (executor_tidy(own->executor))
        loop_timer_set(own->alarm, 1, 0);
}

static bool open_inline(struct home *h, const struct function_spec *spec)
{
    struct inline_home *own = xcalloc(1, sizeof(*own));
    struct executor_host host = {claim, started, called, logged, done, &h->world->clock};
    own->home = h;
    own->job.run = in_turn;
    own->job.end = step;
    own->executor = executor_new(spec, &host, own, HOME_ENVIRONMENTS);
    h->own = own;
    if (!ticker_open(&own->ticker, interrupt, own->executor))
        BUG("the system gives no timer");
    if (h->world->loop)
        own->alarm = loop_timer_new(h->world->loop, wake, own);
    return true;
}

static bool send_inline(struct home *h, const struct invocation *in)
{
    struct inline_home *own = h->own;
    executor_start(own->executor, in);
    queue(own);
    return true;
}

static void answer_inline(struct home *h, uint64_t invocation, uint64_t call, int status, struct str body,
                          struct str code, struct str text)
{
    struct inline_home *own = h->own;
    executor_answer(own->executor, invocation, call, status, body, code, text);
    queue(own);
}

/* The executor reads the world's own clock; who sleeps may be due. */
static void clock_inline(struct home *h)
{
    queue(h->own);
}

static void retire_inline(struct home *h)
{
    struct inline_home *own = h->own;
    own->retired = true;
    queue(own);
}

static void release_inline(struct home *h)
{
    inline_free(h->own);
}

const struct home_kind home_inline = {
    .open = open_inline,
    .send = send_inline,
    .answer = answer_inline,
    .clock_changed = clock_inline,
    .retire = retire_inline,
    .release = release_inline,
};
