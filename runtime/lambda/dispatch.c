#include "dispatch.h"
#include "calls.h"
#include "core/conf.h"
#include "door/note.h"
#include "home.h"
#include "model.h"
#include "report.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define WINDOW 8              /* running at once in one home; more only when they are found to sleep */
#define SECOND_HOME_AT 4      /* a home with so many gets a brother */
#define EXTRA_HOMES 8         /* beyond `workers`, while others are stuck */
#define STUCK_US 5000         /* in one handler so long without coming round: look elsewhere */
#define TICK_MS 5             /* how often we look, while something has not begun */
#define SLOW_TICK_MS 50       /* ... while everything has */
#define GRACE_US 100000       /* past a deadline */
#define STARTING_US 5000000   /* a home that says nothing for so long is broken */
#define IDLE_US 300000000     /* an empty home is retired after this */
#define FUTILE_STARTS 3       /* homes in a row that ended before anything began in them */
#define HOUSEKEEPING_MS 30000 /* how often idle homes are looked for */

#define CLOCK_NOTE "tidepool:clock"

struct dispatch {
    struct world *world;
    struct map lanes; /* ARN -> struct lane */
    uint64_t last_flight;
    long in_flight, unreserved;             /* of all lanes; of functions without a reservation */
    int most_homes;                         /* per lane */
    struct loop_timer *tick, *housekeeping; /* NULL without a loop */
    int64_t tick_ms;                        /* 0: off */
    struct note_listener clock;
};

struct lane {
    struct dispatch *dispatch;
    char *arn, *name;
    struct list queue; /* struct flight, WAITING */
    struct list homes;
    int home_count;
    long in_flight;
    bool reserved; /* its flights do not count as unreserved */
    int futile;
    char code[33];           /* function.code that `spec` was made of */
    struct arena spec_arena; /* holds the spec's texts */
    struct function_spec spec;
};

/* --- lanes */

static struct lane *lane_new(struct dispatch *d, const struct function *f)
{
    struct lane *l = xcalloc(1, sizeof(*l));
    l->dispatch = d;
    l->arn = xstrdup(f->arn.p);
    l->name = xstrdup(f->name.p);
    list_init(&l->queue);
    list_init(&l->homes);
    arena_init(&l->spec_arena);
    map_put(&d->lanes, f->arn, l);
    return l;
}

static struct lane *lane_of(struct dispatch *d, struct function *f)
{
    if (!f->lane)
        f->lane = map_get(&d->lanes, f->arn);
    if (!f->lane)
        f->lane = lane_new(d, f);
    return f->lane;
}

static struct proxy_pair *copy_variables(struct arena *a, const cJSON *variables, size_t *n)
{
    *n = (size_t)cJSON_GetArraySize(variables);
    struct proxy_pair *list = arena_alloc(a, (*n + 1) * sizeof(*list)), *at = list;
    const cJSON *v;
    cJSON_ArrayForEach (v, variables) {
        *at++ =
            (struct proxy_pair){arena_str(a, str_z(v->string)), arena_str(a, str_z(cJSON_GetStringValue(v)))};
    }
    return list;
}

static struct str copy_if(struct arena *a, struct str s)
{
    return s.p ? arena_str(a, s) : STR_NONE;
}

static void lane_learn(struct lane *l, const struct function *f)
{
    struct world *w = l->dispatch->world;
    struct arena *a = &l->spec_arena;
    arena_clear(a);
    memcpy(l->code, f->code, sizeof(l->code));
    l->spec = (struct function_spec){
        .name = arena_str(a, f->name),
        .arn = arena_str(a, f->arn),
        .version = STR("$LATEST"),
        .handler = arena_str(a, f->handler),
        .folder = copy_if(a, f->folder),
        .inline_code = copy_if(a, f->inline_code),
        .memory_mb = f->memory_mb,
        .timeout_ms = f->timeout_ms,
        .region = arena_str(a, f->region),
        .account = arena_str(a, f->account),
        .endpoint = arena_str(a, w->origin),
        .seed = w->conf && w->conf->seed ? ident_u64(&w->ident) : 0,
    };
    l->spec.variables = copy_variables(a, f->variables, &l->spec.variable_count);
    l->futile = 0;
}

/* --- homes */

static void home_free(struct home *h)
{
    list_del(&h->link);
    h->lane->home_count--;
    free(h);
}

/* 2026/11/22/[$LATEST]0123456789abcdef0123456789abcdef */
static struct str log_stream(struct world *w, char out[64])
{
    struct civil c = clock_civil(clock_now(&w->clock));
    int n = snprintf(out, 32, "%04d/%02d/%02d/[$LATEST]", c.year % 10000, c.month % 100, c.day % 100);
    ident_hex(&w->ident, out + n, 32);
    return str_z(out);
}

static bool runs_inline(const struct world *w)
{
    return !w->nursery || (w->conf && w->conf->run_inline);
}

static struct home *home_open(struct lane *l)
{
    struct world *w = l->dispatch->world;
    struct home *h = xcalloc(1, sizeof(*h));
    char stream[64];
    l->spec.log_stream = log_stream(w, stream);
    h->lane = l;
    h->world = w;
    h->kind = runs_inline(w) ? &home_inline : &home_process;
    h->window = WINDOW;
    h->idle_us = clock_mono_us();
    list_init(&h->flights);
    for (int i = 0; i < CLAIM_SLOTS; i++)
        h->free_slots[i] = (uint16_t)i;
    h->free_count = CLAIM_SLOTS;
    list_push(&l->homes, &h->link);
    l->home_count++;
    if (h->kind->open(h, &l->spec))
        return h;
    log_error(w->log, "%s: no worker process can be started", l->name);
    home_free(h);
    return NULL;
}

struct flight *home_flight(const struct home *h, uint64_t id)
{
    struct flight *x = h->slots[id % CLAIM_SLOTS];
    return x && x->id == id ? x : NULL;
}

static void take_slot(struct home *h, struct flight *x)
{
    uint16_t slot = h->free_slots[--h->free_count];
    x->id = ++h->lane->dispatch->last_flight * CLAIM_SLOTS + slot;
    x->home = h;
    h->slots[slot] = x;
    h->in_flight++;
    list_push(&h->flights, &x->link);
}

static void give_slot(struct flight *x)
{
    struct home *h = x->home;
    uint16_t slot = (uint16_t)(x->id % CLAIM_SLOTS);
    h->slots[slot] = NULL;
    h->free_slots[h->free_count++] = slot;
    h->in_flight--;
    x->home = NULL;
    list_del(&x->link);
    if (h->in_flight == 0)
        h->idle_us = clock_mono_us(), h->window = WINDOW, h->heavy = 0;
}

/* Nothing runs in it and nothing will. */
static void retire_when_empty(struct home *h)
{
    if (h->in_flight > 0 || h->ending || !h->old)
        return;
    h->ending = true;
    h->kind->retire(h);
}

static void lane_retire(struct lane *l)
{
    struct list *at, *tmp;
    list_each_safe (at, tmp, &l->homes) {
        struct home *h = list_of(at, struct home, link);
        h->old = true;
        retire_when_empty(h);
    }
}

static int running(const struct home *h)
{
    return h->in_flight - h->waiting;
}

/* How long something new would wait in it, roughly: a heavy handler has every second slice. */
static int burden(const struct home *h)
{
    return running(h) + h->heavy * WINDOW;
}

static bool is_stuck(const struct home *h, int64_t now_us)
{
    return h->page && h->in_flight > 0 && claim_stuck_us(h->page, now_us) > STUCK_US;
}

/* The home that the next flight of this lane goes to; NULL: it waits.  A stuck home gets nothing and does not
 * count against the limit. */
static struct home *choose(struct lane *l, int64_t now)
{
    struct home *best = NULL;
    struct list *at;
    int open = 0;
    list_each (at, &l->homes) {
        struct home *h = list_of(at, struct home, link);
        if (h->old || h->ending || is_stuck(h, now))
            continue;
        open++;
        if (running(h) < h->window && h->in_flight < HOME_ENVIRONMENTS && (!best || burden(h) < burden(best)))
            best = h;
    }
    if (best && (burden(best) < SECOND_HOME_AT || open >= l->dispatch->most_homes))
        return best;
    if (open < l->dispatch->most_homes && l->home_count < l->dispatch->most_homes + EXTRA_HOMES) {
        struct home *fresh = home_open(l);
        return fresh ? fresh : best;
    }
    return best;
}

/* --- flights */

static void watch(struct dispatch *d, int64_t ms);

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

static void land(struct flight *x, const struct landing *how)
{
    struct lane *l = x->lane;
    struct dispatch *d = l->dispatch;
    calls_leave(x);
    if (x->home) {
        struct home *h = x->home;
        give_slot(x);
        retire_when_empty(h);
    } else {
        list_del(&x->link);
    }
    l->in_flight--, d->in_flight--, d->world->busy--;
    if (!l->reserved)
        d->unreserved--;
    x->landed(x, how);
}

static void land_broken(struct flight *x)
{
    land(x, &(struct landing){.broke = true});
}

static bool send(struct home *h, struct flight *x, int64_t now)
{
    char trace[96];
    int64_t waited_us = now - x->queued_us;
    take_slot(h, x);
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

static void pump(struct lane *l, int64_t now)
{
    while (!list_empty(&l->queue)) {
        struct home *h = choose(l, now);
        if (!h)
            break;
        struct flight *x = list_of(list_shift(&l->queue), struct flight, link);
        if (!send(h, x, now))
            land_broken(x);
    }
    if (l->in_flight > 0)
        watch(l->dispatch, TICK_MS);
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
    pump(l, x->queued_us);
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

static void announce(struct flight *x)
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
    h->lane->futile = 0;
    x->stage = FLIGHT_BEGUN;
    x->init_us = cold ? init_us : 0;
    x->started_us = clock_now_us(&h->world->clock);
    announce(x);
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
    announce(x);
    report_line(x, str_z(h->lane->name), line);
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
    announce(x);
    struct landing how = {.payload = r->payload, .failed = r->error.p};
    if (r->payload.n > LAMBDA_RESULT_MAX)
        how = (struct landing){.payload = STR(TOO_LARGE), .failed = true};
    report_end(x, str_z(l->name),
               &(struct report){
                   .duration_us = r->duration_us,
                   .memory_used = r->memory_used,
                   .status = str_is(r->error, "Timeout") ? "timeout" : NULL,
                   .error = how.failed ? how.payload : STR_NONE,
               });
    land(x, &how);
    if (!list_empty(&l->queue))
        pump(l, clock_mono_us());
}

/* --- the end of a home */

static void land_late(struct flight *x)
{
    const char *id = x->call->request_id;
    double seconds = (double)x->timeout_ms / 1000.0;
    char error[256], line[256], iso[CLOCK_ISO_SIZE];
    snprintf(
        error, sizeof(error),
        "{\"errorType\":\"Sandbox.Timedout\",\"errorMessage\":\"RequestId: %s Error: Task timed out after "
        "%.2f seconds\"}",
        id, seconds);
    clock_iso(clock_now(&x->lane->dispatch->world->clock), iso);
    snprintf(line, sizeof(line), "%s %s Task timed out after %.2f seconds", iso, id, seconds);
    announce(x);
    report_line(x, str_z(x->lane->name), str_z(line));
    report_end(x, str_z(x->lane->name),
               &(struct report){.duration_us = x->timeout_ms * 1000,
                                .memory_used = x->memory_mb << 20,
                                .status = "timeout",
                                .error = str_z(error)});
    land(x, &(struct landing){.payload = str_z(error), .failed = true});
}

/* Its process ended while it ran. */
static void land_lost(struct flight *x, const char *why)
{
    const char *id = x->call->request_id;
    char error[512];
    snprintf(error, sizeof(error),
             "{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: %s Error: %s\"}", id, why);
    announce(x);
    report_end(x, str_z(x->lane->name),
               &(struct report){.duration_us = clock_now_us(&x->lane->dispatch->world->clock) - x->started_us,
                                .status = "error",
                                .error_type = "Runtime.ExitError",
                                .error = str_z(error)});
    land(x, &(struct landing){.payload = str_z(error), .failed = true});
}

/* Back to the front of the queue, in the order in which they were sent. */
static void take_back(struct flight *x)
{
    give_slot(x);
    x->stage = FLIGHT_WAITING;
    list_unshift(&x->lane->queue, &x->link);
}

static bool has_begun(const struct home *h, const struct flight *x)
{
    return x->stage == FLIGHT_BEGUN || !h->page || claim_begun(h->page, x->id);
}

static void take_back_unbegun(struct home *h)
{
    struct list *at, *before;
    for (at = h->flights.prev; at != &h->flights; at = before) {
        before = at->prev;
        struct flight *x = list_of(at, struct flight, link);
        if (x->stage == FLIGHT_SENT && h->page && claim_take(h->page, x->id))
            take_back(x);
    }
}

/* One of its handlers did not stop at its deadline. */
static void kill_home(struct home *h, struct flight *late)
{
    h->ending = true;
    if (late) {
        memcpy(h->late_id, late->call->request_id, sizeof(h->late_id));
        log_warn(h->world->log, "%s: %s did not stop at its deadline; its worker is ended", h->lane->name,
                 h->late_id);
    }
    take_back_unbegun(h);
    h->kind->kill(h);
    if (late)
        land_late(late);
}

static void say_why(const struct home *h, int status, char out[256])
{
    if (h->late_id[0])
        snprintf(
            out, 256,
            "Runtime exited with error: signal: killed (request %s in the same worker did not stop at its "
            "deadline)",
            h->late_id);
    else if (WIFSIGNALED(status))
        snprintf(out, 256, "Runtime exited with error: signal: %s", strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status))
        snprintf(out, 256, "Runtime exited with error: exit status %d", WEXITSTATUS(status));
    else
        snprintf(out, 256, "Runtime exited without providing a reason");
}

void home_gone(struct home *h, int wait_status)
{
    struct lane *l = h->lane;
    char why[256];
    say_why(h, wait_status, why);
    if (!h->ending)
        log_warn(h->world->log, "%s: a worker ended: %s", l->name, why);
    bool futile = !h->spoke && !h->old;
    h->ending = true;
    while (!list_empty(&h->flights)) {
        struct flight *x = list_of(h->flights.prev, struct flight, link);
        if (has_begun(h, x))
            land_lost(x, why);
        else
            take_back(x);
    }
    home_free(h);
    if (futile && ++l->futile >= FUTILE_STARTS) {
        l->futile = 0;
        while (!list_empty(&l->queue))
            land_lost(list_of(l->queue.next, struct flight, link), why);
    }
    pump(l, clock_mono_us());
}

/* --- looking after flights that do not begin, and those that do not end */

/* What was sent to a stuck home and has not begun goes elsewhere, when there is an elsewhere. */
static void rescue(struct home *h, int64_t now)
{
    if (h->ending || !is_stuck(h, now))
        return;
    struct home *other = choose(h->lane, now);
    if (other && other != h)
        take_back_unbegun(h);
}

/* The guard's time begins when we see that it has begun: at most one look too late. */
static void note_begun(struct home *h, struct flight *x, int64_t now)
{
    if (x->stage == FLIGHT_SENT && has_begun(h, x))
        x->stage = FLIGHT_BEGUN;
    if (x->stage == FLIGHT_BEGUN && !x->late_us)
        x->late_us = now + x->timeout_ms * 1000 + GRACE_US;
}

/* Asleep with everything begun, while others wait: its handlers wait for something, so more may run. */
static void widen(struct home *h, int64_t now)
{
    struct list *at;
    if (h->page && claim_stuck_us(h->page, now) > 0)
        return;
    list_each (at, &h->flights)
        if (!has_begun(h, list_of(at, struct flight, link)))
            return;
    if (running(h) >= h->window)
        h->window += WINDOW;
}

static bool is_heavy(const struct flight *x, int64_t now)
{
    return x->stage == FLIGHT_BEGUN && x->call_count == 0 && now - x->sent_us > STUCK_US;
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
        if (x->stage == FLIGHT_BEGUN && now > x->late_us && !h->ending && h->kind->kill) {
            kill_home(h, x);
            return true;
        }
        if (x->stage == FLIGHT_SENT && !h->spoke && now - x->sent_us > STARTING_US && !h->ending &&
            h->kind->kill) {
            kill_home(h, NULL);
            return true;
        }
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
    if (now - first->queued_us > STUCK_US)
        list_each (at, &l->homes)
            widen(list_of(at, struct home, link), now);
    pump(l, now);
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

/* --- the world around */

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
            retire_when_empty(h);
        }
    }
}

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

struct dispatch *dispatch_new(struct world *w)
{
    struct dispatch *d = xcalloc(1, sizeof(*d));
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    d->world = w;
    map_init(&d->lanes);
    d->most_homes = w->conf && w->conf->workers > 0 ? w->conf->workers : cores > 0 ? (int)cores : 1;
    if (runs_inline(w))
        d->most_homes = 1;
    d->clock.heard = clock_changed;
    note_listen(w, &d->clock, STR(CLOCK_NOTE));
    if (w->loop) {
        d->tick = loop_timer_new(w->loop, on_tick, d);
        d->housekeeping = loop_timer_new(w->loop, retire_idle, d);
        loop_timer_set(d->housekeeping, HOUSEKEEPING_MS, HOUSEKEEPING_MS);
    }
    return d;
}

/* Flights still under way end with the process: their calls are the world's to forget. */
static void lane_free(struct lane *l)
{
    struct list *at, *tmp;
    list_each_safe (at, tmp, &l->homes) {
        struct home *h = list_of(at, struct home, link);
        h->kind->release(h);
        home_free(h);
    }
    arena_release(&l->spec_arena);
    free(l->arn);
    free(l->name);
    free(l);
}

void dispatch_free(struct dispatch *d)
{
    struct map_entry *at = d->lanes.first;
    struct lane *l;
    note_unlisten(d->world, &d->clock);
    while ((l = map_each(&at, NULL)))
        lane_free(l);
    map_release(&d->lanes);
    if (d->tick)
        loop_timer_free(d->tick);
    if (d->housekeeping)
        loop_timer_free(d->housekeeping);
    free(d);
}
