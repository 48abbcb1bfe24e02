#include "dispatch.h"
#include "calls.h"
#include "core/conf.h"
#include "core/loop.h"
#include "lane.h"
#include "report.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLOCK_NOTE "tidepool:clock"

/* --- flights */

/* Root=1-...;Parent=<16 hex>;Sampled=1, as X-Ray's header and _X_AMZN_TRACE_ID. */
static struct str trace_header(const struct call *c, char out[96])
{
    size_t n = strlen(c->trace_id);
    memcpy(out, "Root=", 5);
    memcpy(out + 5, c->trace_id, n);
    memcpy(out + 5 + n, ";Parent=", 8);
    for (size_t i = 0, k = 0; k < 16; i++) /* the request id's digits name the segment */
        if (c->request_id[i] != '-')
            out[13 + n + k++] = c->request_id[i];
    memcpy(out + 29 + n, ";Sampled=1", 10);
    return str_n(out, 39 + n);
}

void dispatch_land(struct flight *x, const struct landing *how)
{
    struct lane *l = x->lane;
    struct dispatch *d = l->dispatch;
    calls_leave(x);
    if (x->home) {
        struct home *h = x->home;
        home_give_slot(x);
        home_retire_when_empty(h);
    } else {
        list_del(&x->link);
    }
    l->in_flight--, d->in_flight--, d->world->busy--;
    if (!l->reserved)
        d->unreserved--;
    x->landed(x, how);
}

/* lack: errno, no home is to be had; 0: it does not fit. */
static void land_broken(struct flight *x, int lack)
{
    char why[128];
    snprintf(why, sizeof(why), "No worker process can be started: %s", strerror(lack));
    dispatch_land(x, &(struct landing){.broke = true, .why = lack ? why : NULL});
}

static bool send(struct home *h, struct flight *x, int64_t now)
{
    char trace[96];
    int64_t waited_us = now - x->queued_us;
    home_take_slot(h, x);
    x->stage = FLIGHT_SENT;
    x->sent_us = now;
    x->late_us = 0;
    if (h->page)
        claim_offer(h->page, x->id);
    return h->kind->send(h, &(struct invocation){
                                .id = x->id,
                                .request_id = str_z(x->call->request_id),
                                .trace_id = trace_header(x->call, trace),
                                .deadline_us = (x->call->now + x->timeout_ms) * 1000 + waited_us,
                                .budget_us = x->timeout_ms * 1000,
                                .client_context = x->client_context,
                                .event = x->payload,
                                .proxy = x->proxy,
                            });
}

void dispatch_pump(struct lane *l, int64_t now)
{
    while (!list_empty(&l->queue)) {
        struct home *h = lane_choose(l, now);
        if (!h && l->home_count > 0)
            break;
        struct flight *x = list_of(list_shift(&l->queue), struct flight, link);
        if (!h) /* none can be had: waiting would not help */
            land_broken(x, l->lack);
        else if (!send(h, x, now))
            land_broken(x, 0);
    }
    if (l->in_flight > 0)
        watch_soon(l->dispatch);
}

const char *dispatch_throttle(struct lambda *room, const struct function *f)
{
    const struct dispatch *d = room->dispatch;
    if (f->reserved >= 0) {
        long busy = dispatch_in_flight(d, f->arn);
        return busy < f->reserved ? NULL : "ReservedFunctionConcurrentInvocationLimitExceeded";
    }
    if (d->unreserved < LAMBDA_UNRESERVED_LEAST)
        return NULL;
    int64_t shared = LAMBDA_ACCOUNT_CONCURRENCY - functions_reserved(room, NULL);
    return d->unreserved < shared ? NULL : "ConcurrentInvocationLimitExceeded";
}

void dispatch_fly(struct dispatch *d, struct function *f, struct flight *x)
{
    struct lane *l = lane_of(d, f);
    if (memcmp(l->code, f->code, sizeof(l->code)) != 0) {
        lane_retire(l);
        lane_learn(l, f);
    }
    if (l->in_flight == 0)
        l->reserved = f->reserved >= 0;
    x->lane = l;
    x->home = NULL;
    x->stage = FLIGHT_WAITING;
    x->timeout_ms = f->timeout_ms;
    x->memory_mb = f->memory_mb;
    x->queued_us = clock_mono_us();
    list_init(&x->calls);
    list_push(&l->queue, &x->link);
    l->in_flight++, d->in_flight++, d->world->busy++;
    if (!l->reserved)
        d->unreserved++;
    dispatch_pump(l, x->queued_us);
}

void dispatch_retire(struct dispatch *d, struct str arn)
{
    struct lane *l = map_get(&d->lanes, arn);
    if (!l)
        return;
    lane_retire(l);
    l->code[0] = 0;
}

long dispatch_in_flight(const struct dispatch *d, struct str arn)
{
    const struct lane *l = map_get(&d->lanes, arn);
    return l ? l->in_flight : 0;
}

/* --- what homes say */

void dispatch_announce(struct flight *x)
{
    if (x->announced)
        return;
    x->announced = true;
    if (!x->started_us)
        x->started_us = clock_now_us(&x->lane->dispatch->world->clock);
    report_start(x, str_z(x->lane->name));
}

void home_started(struct home *h, uint64_t invocation, bool cold, int64_t init_us)
{
    struct flight *x = home_flight(h, invocation);
    if (!x)
        return;
    h->spoke = true;
    h->lane->lack = 0;
    x->stage = FLIGHT_BEGUN;
    x->init_us = cold ? init_us : 0;
    x->started_us = clock_now_us(&h->world->clock);
    dispatch_announce(x);
}

void home_called(struct home *h, uint64_t invocation, uint64_t call, struct str service, struct str operation,
                 struct str input)
{
    struct flight *x = home_flight(h, invocation);
    if (x)
        calls_open(x, call, service, operation, input);
}

void home_logged(struct home *h, uint64_t invocation, struct str line)
{
    struct flight *x = home_flight(h, invocation);
    if (!x)
        return;
    dispatch_announce(x);
    report_line(x, str_z(h->lane->name), line);
}

/* What REPORT says of ends that take the environment along. */
static const struct end {
    const char *error, *status, *error_type;
} ends[] = {
    {"Timeout", "timeout", NULL},
    {"Memory", "error", "Runtime.OutOfMemory"},
};

static const struct end *end_of(struct str error)
{
    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
        if (str_is(error, ends[i].error))
            return &ends[i];
    return NULL;
}

#define TOO_LARGE                                                                                            \
    "{\"errorMessage\":\"Response payload size exceeded maximum allowed payload size (6291556 bytes).\","    \
    "\"errorType\":\"Function.ResponseSizeTooLarge\"}"

void home_done(struct home *h, const struct invocation_result *r)
{
    struct flight *x = home_flight(h, r->id);
    struct lane *l = h->lane;
    if (!x)
        return;
    h->spoke = true;
    dispatch_announce(x);
    const struct end *end = end_of(r->error);
    struct landing how = {.payload = r->payload, .failed = r->error.p};
    if (r->payload.n > LAMBDA_RESULT_MAX)
        how = (struct landing){.payload = STR(TOO_LARGE), .failed = true};
    report_end(x, str_z(l->name),
               &(struct report){
                   .duration_us = r->duration_us,
                   .memory_used = r->memory_used,
                   .status = end ? end->status : NULL,
                   .error_type = end ? end->error_type : NULL,
                   .error = how.failed ? how.payload : STR_NONE,
               });
    dispatch_land(x, &how);
    if (!list_empty(&l->queue))
        dispatch_pump(l, clock_mono_us());
}

/* --- the world around */

static void clock_changed(struct note_listener *listener, struct str arn)
{
    (void)arn;
    struct dispatch *d = list_of(listener, struct dispatch, clock);
    struct map_entry *each = d->lanes.first;
    struct lane *l;
    struct list *at;
    while ((l = map_each(&each, NULL)))
        list_each (at, &l->homes) {
            struct home *h = list_of(at, struct home, link);
            h->kind->clock_changed(h);
        }
}

/* Each holds two descriptors, and half of all are for connections: who is refused one learns nothing. */
static int most_idle(const struct world *w)
{
    int64_t wanted = w->conf ? w->conf->idle_workers : INT_MAX, half = loop_file_limit() / 2 / 2;
    return (int)(wanted < half ? wanted : half);
}

struct dispatch *dispatch_new(struct world *w)
{
    struct dispatch *d = xcalloc(1, sizeof(*d));
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    d->world = w;
    map_init(&d->lanes);
    d->most_homes = w->conf && w->conf->workers > 0 ? w->conf->workers : cores > 0 ? (int)cores : 1;
    if (lane_is_inline(w))
        d->most_homes = 1;
    list_init(&d->idle);
    d->most_idle = most_idle(w);
    d->clock.heard = clock_changed;
    note_listen(w, &d->clock, STR(CLOCK_NOTE));
    watch_start(d);
    return d;
}

static void land_all(struct list *flights)
{
    while (!list_empty(flights))
        dispatch_land(list_of(flights->next, struct flight, link), &(struct landing){.broke = true});
}

void dispatch_stop(struct dispatch *d)
{
    struct map_entry *lanes = d->lanes.first;
    struct lane *l;
    struct list *at, *tmp;
    while ((l = map_each(&lanes, NULL))) {
        land_all(&l->queue);
        list_each_safe (at, tmp, &l->homes)
            land_all(&list_of(at, struct home, link)->flights);
    }
}

void dispatch_free(struct dispatch *d)
{
    struct map_entry *at = d->lanes.first;
    struct lane *l;
    note_unlisten(d->world, &d->clock);
    watch_stop(d);
    while ((l = map_each(&at, NULL)))
        lane_close(l);
    map_release(&d->lanes);
    free(d);
}
