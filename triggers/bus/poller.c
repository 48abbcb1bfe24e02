/* The lane: one machine for all sources.
 *
 *   IDLE --note, start--> READ --nothing--> IDLE
 *                          |--records--> enough, or no window --> INVOKE --ended--> source.settle
 *                          |--too few--> BATCH --note--> READ, --window's end--> INVOKE
 *   settle: a queue deletes (SETTLE) and reads on; a stream writes its checkpoint and goes on, or waits
 * (BACKOFF) and invokes again with the same records.   ENDED: a shard that was read to its end.
 *
 * Invariants: 1. at most one call of a lane is under way.  2. a lane without a poller does nothing but free
 * itself when that call ends.  3. notes are hints: a lane begins by reading, and reads again when it was
 * noted while busy. */
#include "poller.h"
#include "base/json.h"
#include "door/door.h"
#include "door/trace.h"
#include <stdlib.h>

#define PAYLOAD_MAX (6u << 20) /* "Batching behavior" */
#define PAYLOAD_CEILING (16u << 20)

static void lane_timer(struct timer *t);
static void lane_rest(struct lane *l);

struct lane *lane_new(struct poller *p)
{
    struct lane *l = xcalloc(1, sizeof(*l));
    l->poller = p;
    l->timer.fire = lane_timer;
    buf_init(&l->payload, PAYLOAD_CEILING);
    list_push(&p->lanes, &l->link);
    p->lane_count++;
    return l;
}

static void record_release(struct record *r)
{
    cJSON_Delete(r->event);
    free(r->handle);
    free(r->id);
    free(r->causes);
}

void lane_drop(struct lane *l, size_t n)
{
    if (n == 0)
        return;
    for (size_t i = 0; i < n; i++)
        record_release(&l->records[i]);
    l->count -= n;
    memmove(l->records, l->records + n, l->count * sizeof(*l->records));
}

static void forget_done(struct lane *l)
{
    for (size_t i = 0; i < l->done_count; i++)
        free(l->done[i]);
    l->done_count = l->done_sent = 0;
}

void lane_free(struct lane *l)
{
    lane_drop(l, l->count);
    forget_done(l);
    free(l->done);
    free(l->records);
    free(l->shard);
    free(l->parent);
    free(l->iterator);
    free(l->last_read);
    buf_release(&l->payload);
    list_del(&l->link);
    free(l);
}

struct record *lane_add(struct lane *l)
{
    if (l->count == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 16;
        l->records = xrealloc(l->records, l->cap * sizeof(*l->records));
    }
    if (l->count == 0)
        l->batch_began = clock_now(&l->poller->world->clock);
    struct record *r = &l->records[l->count++];
    memset(r, 0, sizeof(*r));
    return r;
}

void lane_done(struct lane *l, const char *handle)
{
    if (l->done_sent > 0 && l->done_sent == l->done_count)
        forget_done(l);
    if (l->done_count == l->done_cap) {
        l->done_cap = l->done_cap ? l->done_cap * 2 : 16;
        l->done = xrealloc(l->done, l->done_cap * sizeof(*l->done));
    }
    l->done[l->done_count++] = xstrdup(handle);
}

struct call *lane_call(struct lane *l, const char *service, const char *operation)
{
    struct call *c = door_open(l->poller->world, NULL, service, operation);
    if (!c)
        BUG("the door has no %s %s", service, operation);
    c->from = CALL_TRIGGER;
    c->asker = l;
    return c;
}

/* True when the lane's mapping has gone meanwhile; then the lane has too. */
static bool orphaned(struct lane *l)
{
    if (l->poller)
        return false;
    lane_free(l);
    return true;
}

/* --- READ */

static void on_read(struct call *c)
{
    struct lane *l = c->asker;
    if (orphaned(l)) {
        call_free(c);
        return;
    }
    size_t came = c->fault ? 0 : l->poller->source->take(l, c);
    bool failed = c->fault != NULL;
    bool again = failed && l->poller->source->refused && l->poller->source->refused(l, c->fault);
    call_free(c);
    if (l->state == LANE_ENDED)
        return;
    if (again)
        lane_read(l);
    else if (failed)
        lane_rest(l);
    else if (came > 0 || l->count > 0)
        lane_go_on(l);
    else
        lane_idle(l);
}

/* After the mapping's concurrency was lowered there are more lanes than may be. */
static bool one_too_many(const struct lane *l)
{
    return (int64_t)l->poller->lane_count > l->poller->mapping->max_lanes && l->count == 0 &&
           l->done_sent == l->done_count;
}

static void retire(struct lane *l)
{
    timer_stop(l->poller->world->timers, &l->timer);
    l->poller->lane_count--;
    lane_free(l);
}

void lane_read(struct lane *l)
{
    if (one_too_many(l)) {
        retire(l);
        return;
    }
    l->state = LANE_READ;
    l->noted = false;
    struct call *c = l->poller->source->read(l);
    c->on_end = on_read;
    door_submit(c);
}

void lane_idle(struct lane *l)
{
    l->state = LANE_IDLE;
    if (l->noted)
        lane_read(l);
}

/* --- BATCH */

static size_t wanted_count(const struct lane *l)
{
    size_t want = (size_t)l->poller->mapping->batch_size;
    return l->limit && l->limit < want ? l->limit : want;
}

/* Does one more record still fit into the invocation? */
static size_t fitting(const struct lane *l)
{
    size_t want = wanted_count(l), n = 0, size = 0;
    while (n < l->count && n < want) {
        size += l->records[n].size;
        if (n > 0 && size > PAYLOAD_MAX)
            break;
        n++;
    }
    return n;
}

static void lane_invoke(struct lane *l);

void lane_go_on(struct lane *l)
{
    const struct mapping *m = l->poller->mapping;
    struct world *w = l->poller->world;
    if (l->batch_began > clock_now(&w->clock))
        l->batch_began = clock_now(&w->clock); /* it was set back */
    int64_t window_end = l->batch_began + m->window_ms;
    bool full = l->count >= wanted_count(l) || fitting(l) < l->count;
    timer_stop(w->timers, &l->timer);
    if (l->count == 0) {
        l->take = 0;
        if (l->done_count > l->done_sent)
            l->poller->source->settle(l, true);
        else
            lane_read(l);
    } else if (full || clock_now(&w->clock) >= window_end) {
        lane_invoke(l);
    } else if (l->noted) {
        lane_read(l);
    } else {
        l->state = LANE_BATCH;
        timer_set(w->timers, &l->timer, window_end);
    }
}

/* --- INVOKE */

#define BATCH_CAUSES_MAX 4096 /* bytes: as much as an event of the stream holds */

/* Adds the next id of each record; false: none has one more, or no more fit. */
static bool add_causes(struct buf *b, struct map *seen, struct str *rests, size_t n)
{
    bool more = false;
    for (size_t i = 0; i < n; i++) {
        if (!rests[i].n)
            continue;
        struct str id = str_cut(&rests[i], ' ');
        more = true;
        if (map_put(seen, id, rests))
            continue;
        if (b->n + 1 + id.n > BATCH_CAUSES_MAX)
            return false;
        if (b->n)
            buf_char(b, ' ');
        buf_str(b, id);
    }
    return more;
}

/* The union of what caused the records of the batch.  Each record's nearest cause comes first, then the next
 * of each, so that of a large batch no record is left out before the far causes of all are. */
static struct str causes_of(const struct lane *l, struct arena *a)
{
    struct str *rests = arena_alloc(a, l->take * sizeof(*rests));
    struct map seen;
    struct buf b;
    map_init(&seen);
    buf_init(&b, 2 * BATCH_CAUSES_MAX);
    for (size_t i = 0; i < l->take; i++)
        rests[i] = str_z(l->records[i].causes);
    while (add_causes(&b, &seen, rests, l->take))
        ;
    struct str causes = arena_str(a, buf_view(&b));
    buf_release(&b);
    map_release(&seen);
    return causes;
}

static void write_payload(struct lane *l)
{
    buf_clear(&l->payload);
    buf_z(&l->payload, "{\"Records\":[");
    for (size_t i = 0; i < l->take; i++) {
        if (i)
            buf_char(&l->payload, ',');
        json_print(&l->payload, l->records[i].event);
    }
    buf_z(&l->payload, "]}");
}

static void tell_result(struct mapping *m, const char *result)
{
    cJSON_ReplaceItemInObjectCaseSensitive(m->config, "LastProcessingResult", cJSON_CreateString(result));
}

static void on_invoke(struct call *c)
{
    struct lane *l = c->asker;
    if (orphaned(l)) {
        call_free(c);
        return;
    }
    bool ok = !c->fault && !l->invoke.function_error.p;
    bool started = !c->fault; /* what failed before the function ran is no attempt */
    tell_result(l->poller->mapping, ok ? "OK" : "PROBLEM: Function call failed");
    bool partial = ok && l->poller->mapping->partial;
    bool *failed = arena_zalloc(&c->arena, l->take + 1);
    if (partial && !partial_read(buf_view(&c->payload_out), l->records, l->take, failed))
        ok = partial = false;
    for (size_t i = 0; partial && i < l->take; i++)
        l->records[i].failed = failed[i];
    call_free(c);
    if (started)
        l->poller->source->settle(l, ok);
    else
        l->poller->source->put_off(l);
}

static void lane_invoke(struct lane *l)
{
    const struct mapping *m = l->poller->mapping;
    if (l->poller->source->weed)
        l->poller->source->weed(l);
    if (l->count == 0) {
        lane_go_on(l);
        return;
    }
    l->state = LANE_INVOKE;
    l->take = fitting(l);
    write_payload(l);
    struct call *c = lane_call(l, "lambda", "Invoke");
    c->causes = causes_of(l, &c->arena);
    if (l->records[0].trace_id[0])
        str_copy(str_z(l->records[0].trace_id), c->trace_id, sizeof(c->trace_id));
    l->invoke = (struct invoke_in){
        .function = arena_str(&c->arena, m->function_arn),
        .payload = buf_view(&l->payload),
        .source = arena_str(&c->arena, m->source_arn),
    };
    c->typed = &l->invoke;
    c->on_end = on_invoke;
    door_submit(c);
}

/* --- BACKOFF and timers */

void lane_backoff(struct lane *l, int64_t ms)
{
    struct world *w = l->poller->world;
    l->state = LANE_BACKOFF;
    timer_set(w->timers, &l->timer, clock_now(&w->clock) + ms);
}

/* The source cannot be read, perhaps because it is gone: looked for again, but nobody waits for that. */
static void lane_rest(struct lane *l)
{
    l->timer.idle = true;
    lane_backoff(l, 1000);
}

static void lane_timer(struct timer *t)
{
    struct lane *l = list_of(t, struct lane, timer);
    l->timer.idle = false;
    if (l->count > 0)
        lane_invoke(l);
    else
        lane_go_on(l);
}

/* --- the poller */

static void heard(struct note_listener *listener, struct str arn)
{
    (void)arn;
    struct poller *p = list_of(listener, struct poller, listener);
    p->source->noted(p);
}

void poller_start(struct world *w, struct mapping *m)
{
    if (m->poller)
        return;
    struct poller *p = xcalloc(1, sizeof(*p));
    p->world = w;
    p->mapping = m;
    p->source = m->kind->stream ? &source_stream : &source_sqs;
    list_init(&p->lanes);
    p->listener.heard = heard;
    note_listen(w, &p->listener, m->source_arn);
    m->poller = p;
    p->source->start(p);
}

static bool call_under_way(const struct lane *l)
{
    return l->state == LANE_READ || l->state == LANE_INVOKE || l->state == LANE_SETTLE;
}

void poller_stop(struct mapping *m)
{
    struct poller *p = m->poller;
    if (!p)
        return;
    note_unlisten(p->world, &p->listener);
    struct list *at;
    while ((at = list_shift(&p->lanes))) {
        struct lane *l = list_of(at, struct lane, link);
        timer_stop(p->world->timers, &l->timer);
        l->poller = NULL;
        if (!call_under_way(l))
            lane_free(l);
    }
    free(p);
    m->poller = NULL;
}
