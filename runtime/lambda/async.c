#include "async.h"
#include "dispatch.h"
#include "door/door.h"
#include "door/invoke.h"
#include "door/note.h"
#include "door/trace.h"
#include "store.h"
#include <stdlib.h>

#define ASYNC_ARN "tidepool:lambda-async" /* noted when an event was put */
#define FLYING_MAX 100                    /* of one function; its reservation may be smaller */
#define BACKOFF_FIRST_MS 1000             /* after a throttle, doubled each time */
#define BACKOFF_MOST_MS 300000

/* After so many function errors it waits so long. */
static const int64_t retry_ms[] = {60000, 120000};

/* Events of one function. */
struct line {
    struct list ready; /* struct event: due, waiting for room */
    int flying;
};

struct event {
    struct timer timer; /* until it is due */
    struct list link;   /* in its line's ready, or alone */
    struct async *async;
    struct line *line;
    uint64_t id;
    bool flying;
    char arn[]; /* its function's */
};

enum fate { DONE, FAILED, THROTTLED, LOST }; /* LOST: its function is gone or disabled: no more attempts */

/* One attempt at one event: from the row that was read to the change of that row. */
struct attempt {
    struct list link; /* in async.going, then async.settled */
    struct arena arena;
    uint64_t id;
    cJSON *head;
    struct invoke_in in;
    enum fate fate;
    struct str why; /* of a failure */
};

struct async {
    struct lambda *room;
    struct world *world;
    struct map lines;  /* ARN -> struct line */
    struct map events; /* id's bytes -> struct event: a cache of the store */
    uint64_t seen;     /* rows up to here are known */
    struct list going; /* struct attempt: read in this turn, to be submitted after its commit */
    struct list settled;
    struct job job;
    bool queued, again; /* the turn has the job; it must run once more after this time */
    struct note_listener put;
};

static struct str id_key(const uint64_t *id)
{
    return str_n(id, sizeof(*id));
}

static void wake(struct async *a)
{
    a->again = true;
    if (a->queued)
        return;
    a->queued = true;
    turn_add(a->world->turn, &a->job);
}

/* --- events */

static struct line *line_of(struct async *a, struct str arn)
{
    struct line *l = map_get(&a->lines, arn);
    if (l)
        return l;
    l = xcalloc(1, sizeof(*l));
    list_init(&l->ready);
    map_put(&a->lines, arn, l);
    return l;
}

static void is_due(struct timer *t)
{
    struct event *e = list_of(t, struct event, timer);
    list_push(&e->line->ready, &e->link);
    wake(e->async);
}

static void event_wait(struct event *e, int64_t due, int64_t now)
{
    e->flying = false;
    if (due > now + BACKOFF_MOST_MS) /* none waits longer: the clock was set back since */
        due = now + BACKOFF_MOST_MS;
    if (due <= now)
        list_push(&e->line->ready, &e->link);
    else
        timer_set(e->async->world->timers, &e->timer, due);
}

static void event_free(struct event *e)
{
    timer_stop(e->async->world->timers, &e->timer);
    list_del(&e->link);
    map_del(&e->async->events, id_key(&e->id));
    free(e);
}

static void learn(void *arg, uint64_t id, const cJSON *head)
{
    struct async *a = arg;
    if (id > a->seen)
        a->seen = id;
    if (map_get(&a->events, id_key(&id)))
        return;
    struct str arn = tree_str(head, "arn");
    struct event *e = xcalloc(1, sizeof(*e) + arn.n + 1);
    memcpy(e->arn, arn.p, arn.n);
    e->id = id;
    e->async = a;
    e->line = line_of(a, arn);
    e->timer.fire = is_due;
    list_init(&e->link);
    map_put(&a->events, id_key(&id), e);
    event_wait(e, tree_int(head, "due", 0), clock_now(&a->world->clock));
}

/* A number above all that are known, rising with time. */
static uint64_t next_id(struct async *a)
{
    uint64_t now = (uint64_t)clock_now_us(&a->world->clock), *last = &a->world->last_id;
    if (*last < a->seen)
        *last = a->seen;
    *last = *last >= now ? *last + 1 : now;
    return *last;
}

enum rc async_put(struct call *c, const struct function *f, struct str payload, struct str source)
{
    struct async *a = lambda_of(c->world)->async;
    cJSON *head = cJSON_CreateObject();
    cJSON_AddStringToObject(head, "arn", f->arn.p);
    cJSON_AddStringToObject(head, "account", f->account.p);
    cJSON_AddStringToObject(head, "region", f->region.p);
    cJSON_AddStringToObject(head, "request", c->request_id);
    cJSON_AddStringToObject(head, "trace", c->trace_id);
    cJSON_AddStringToObject(head, "causes", arena_z(&c->arena, c->causes));
    if (source.n)
        cJSON_AddStringToObject(head, "source", arena_z(&c->arena, source));
    cJSON_AddNumberToObject(head, "received", (double)c->now);
    cJSON_AddNumberToObject(head, "due", (double)c->now);
    enum rc rc = store_event_put(c->txn, next_id(a), head, payload);
    cJSON_Delete(head);
    if (rc == RC_OK)
        call_note(c, STR(ASYNC_ARN));
    return rc;
}

/* --- attempts */

static void attempt_free(struct attempt *t)
{
    list_del(&t->link);
    cJSON_Delete(t->head);
    arena_release(&t->arena);
    free(t);
}

static void settle(struct async *a, struct attempt *t, enum fate fate, struct str why)
{
    t->fate = fate;
    t->why = arena_str(&t->arena, why);
    list_push(&a->settled, &t->link);
    wake(a);
}

static void attempt_ended(struct call *c)
{
    struct attempt *t = c->asker;
    struct async *a = lambda_of(c->world)->async;
    enum fate fate = DONE;
    if (c->fault)
        fate = c->fault == &lambda_not_found ? LOST : THROTTLED;
    else if (t->in.function_error.p)
        fate = FAILED;
    settle(a, t, fate, c->fault ? str_z(c->fault->code) : STR("RetriesExhausted"));
    call_free(c);
}

static void submit(struct async *a, struct attempt *t)
{
    struct call *c = door_open(a->world, NULL, "lambda", "Invoke");
    c->from = CALL_TRIGGER;
    c->account = arena_str(&c->arena, tree_str(t->head, "account"));
    c->region = arena_str(&c->arena, tree_str(t->head, "region"));
    c->causes = arena_str(&c->arena, tree_str(t->head, "causes"));
    str_copy(tree_str(t->head, "request"), c->request_id, sizeof(c->request_id));
    str_copy(tree_str(t->head, "trace"), c->trace_id, sizeof(c->trace_id));
    c->typed = &t->in;
    c->asker = t;
    c->on_end = attempt_ended;
    door_submit(c);
}

static int room_for(struct async *a, const struct event *e)
{
    const struct function *f = function_at(a->room, str_z(e->arn));
    int most = f && f->reserved > 0 && f->reserved < FLYING_MAX ? (int)f->reserved : FLYING_MAX;
    return most - e->line->flying;
}

/* Why the event must not be tried; NULL: it may. */
static const char *beyond_hope(struct async *a, const struct attempt *t)
{
    const struct function *f = function_at(a->room, t->in.function);
    if (!f)
        return "ResourceNotFoundException";
    if (f->reserved == 0)
        return "ReservedConcurrentExecutions is 0";
    if (clock_now(&a->world->clock) - tree_int(t->head, "received", 0) > f->max_age_ms)
        return "EventAgeExceeded";
    return NULL;
}

/* Reads the event's row and makes it an attempt, in this turn's transaction. */
static void take_off(struct async *a, struct event *e)
{
    struct attempt *t = xcalloc(1, sizeof(*t));
    arena_init(&t->arena);
    list_init(&t->link);
    t->id = e->id;
    list_del(&e->link);
    if (store_event_get(a->world->store, e->id, &t->head, &t->arena, &t->in.payload) != RC_OK) {
        attempt_free(t); /* wiped meanwhile */
        event_free(e);
        return;
    }
    e->flying = true;
    e->line->flying++;
    t->in.function = tree_str(t->head, "arn");
    t->in.source = tree_str(t->head, "source");
    const char *why = beyond_hope(a, t);
    if (why)
        settle(a, t, LOST, str_z(why));
    else
        list_push(&a->going, &t->link);
}

/* --- settling */

static struct str function_name(struct str arn)
{
    struct str rest = arn, last = arn;
    while (rest.p)
        last = str_cut(&rest, ':');
    return last;
}

static void tell_failed(struct async *a, const struct attempt *t)
{
    struct buf text;
    buf_init(&text, 4096);
    buf_printf(&text, "asynchronous event dropped after %d attempt(s): %.*s",
               (int)tree_int(t->head, "attempts", 0) + (t->fate != LOST), STR_ARG(t->why));
    trace_add(a->world, &(struct trace_event){
                            .kind = TRACE_ERROR,
                            .at_us = clock_now_us(&a->world->clock),
                            .id = tree_str(t->head, "request"),
                            .causes = tree_str(t->head, "causes"),
                            .trace_id = tree_str(t->head, "trace"),
                            .what = function_name(t->in.function),
                            .detail = buf_view(&text),
                            .status = 500,
                        });
    buf_release(&text);
}

static void count_up(cJSON *head, const char *name, int64_t to)
{
    cJSON_DeleteItemFromObjectCaseSensitive(head, name);
    cJSON_AddNumberToObject(head, name, (double)to);
}

/* When it is tried again, with the row's counters moved on; -1: never. */
static int64_t next_due(struct async *a, struct attempt *t)
{
    const struct function *f = function_at(a->room, t->in.function);
    int64_t now = clock_now(&a->world->clock), wait;
    int64_t attempts = tree_int(t->head, "attempts", 0), throttles = tree_int(t->head, "throttles", 0);
    if (t->fate == DONE || t->fate == LOST || !f)
        return -1;
    if (t->fate == THROTTLED) {
        count_up(t->head, "throttles", throttles + 1);
        wait = throttles < 9 ? BACKOFF_FIRST_MS << throttles : BACKOFF_MOST_MS;
        if (wait > BACKOFF_MOST_MS)
            wait = BACKOFF_MOST_MS;
    } else {
        if (attempts >= f->max_retries)
            return -1;
        count_up(t->head, "attempts", attempts + 1);
        wait = retry_ms[attempts];
    }
    if (now + wait > tree_int(t->head, "received", 0) + f->max_age_ms) {
        t->why = STR("EventAgeExceeded");
        return -1;
    }
    count_up(t->head, "due", now + wait);
    return now + wait;
}

static enum rc settle_row(struct async *a, struct attempt *t)
{
    struct event *e = map_get(&a->events, id_key(&t->id));
    int64_t due = next_due(a, t);
    enum rc rc = due < 0 ? store_event_del(a->world->store, t->id)
                         : store_event_change(a->world->store, t->id, t->head, t->in.payload);
    if (rc == RC_NONE) /* a reset */
        due = -1, rc = RC_OK;
    else if (due < 0 && t->fate != DONE)
        tell_failed(a, t);
    if (e) {
        e->line->flying--;
        if (due < 0)
            event_free(e);
        else
            event_wait(e, due, clock_now(&a->world->clock));
    }
    return rc;
}

static void settle_all(struct async *a)
{
    while (!list_empty(&a->settled)) {
        struct attempt *t = list_of(list_shift(&a->settled), struct attempt, link);
        enum rc rc = settle_row(a, t);
        if (rc != RC_OK)
            log_error(a->world->log, "lambda: an asynchronous event cannot be settled: %s", rc_text(rc));
        attempt_free(t);
    }
}

static void take_off_all(struct async *a)
{
    struct map_entry *each = a->lines.first;
    struct line *l;
    while ((l = map_each(&each, NULL)))
        while (!list_empty(&l->ready)) {
            struct event *e = list_of(l->ready.next, struct event, link);
            if (room_for(a, e) <= 0)
                break;
            take_off(a, e);
        }
}

static void run(struct job *j)
{
    struct async *a = list_of(j, struct async, job);
    a->again = false;
    settle_all(a);
    enum rc rc = store_events(a->world->store, a->seen, learn, a);
    if (rc != RC_OK)
        log_error(a->world->log, "lambda: asynchronous events cannot be read: %s", rc_text(rc));
    take_off_all(a);
}

/* A commit that failed drops the models (async_drop) and with them what was going. */
static void end(struct job *j, enum rc committed)
{
    struct async *a = list_of(j, struct async, job);
    (void)committed;
    while (!list_empty(&a->going))
        submit(a, list_of(list_shift(&a->going), struct attempt, link));
    a->queued = false;
    if (a->again)
        wake(a);
}

/* --- the world around */

static void heard_put(struct note_listener *l, struct str arn)
{
    (void)arn;
    wake(list_of(l, struct async, put));
}

struct async *async_new(struct lambda *room)
{
    struct async *a = xcalloc(1, sizeof(*a));
    a->room = room;
    a->world = room->world;
    map_init(&a->lines);
    map_init(&a->events);
    list_init(&a->going);
    list_init(&a->settled);
    a->job.run = run;
    a->job.end = end;
    a->put.heard = heard_put;
    note_listen(a->world, &a->put, STR(ASYNC_ARN));
    return a;
}

void async_start(struct async *a)
{
    wake(a);
}

void async_drop(struct async *a)
{
    struct map_entry *each = a->events.first;
    struct event *e;
    while (!list_empty(&a->going)) {
        struct attempt *t = list_of(a->going.next, struct attempt, link);
        e = map_get(&a->events, id_key(&t->id));
        if (e)
            e->flying = false, e->line->flying--;
        attempt_free(t);
    }
    while ((e = map_each(&each, NULL)))
        if (!e->flying) /* what flies settles itself */
            event_free(e);
    a->seen = 0;
    wake(a);
}

void async_free(struct async *a)
{
    struct map_entry *each = a->events.first;
    struct event *e;
    struct line *l;
    note_unlisten(a->world, &a->put);
    while (!list_empty(&a->going))
        attempt_free(list_of(a->going.next, struct attempt, link));
    while (!list_empty(&a->settled))
        attempt_free(list_of(a->settled.next, struct attempt, link));
    while ((e = map_each(&each, NULL)))
        event_free(e);
    each = a->lines.first;
    while ((l = map_each(&each, NULL)))
        free(l);
    map_release(&a->lines);
    map_release(&a->events);
    free(a);
}
