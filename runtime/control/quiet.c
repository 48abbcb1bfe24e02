/* Waiting for quiet: nothing in a turn, nothing in a worker, nothing due.
 *
 *   control_quiet -> WATCHING --a turn ended--> quiet? --something due before the end--> clock to it, fire
 * --> WATCHING
 *                                                 |--nothing more due--> the call ends with what happened
 *
 * Looked at after each turn, since whatever is in flight comes back as a turn. */
#include "control_inside.h"
#include "door/note.h"

struct quiet {
    struct list link;
    struct call *call;
    int64_t until;
    bool move;
    bool moved;     /* the clock was set */
    uint64_t since; /* the event stream's last before */
};

static bool is_quiet(const struct world *w)
{
    return turn_idle(w->turn) && w->busy == 0;
}

/* Workers have clocks of their own, which follow this note. */
static void move_clock(struct quiet *q, int64_t to_ms)
{
    struct world *w = q->call->world;
    clock_set(&w->clock, to_ms * 1000);
    q->moved = true;
    note_spread(w, STR(CLOCK_ARN));
}

/* Fires what is due at the next due time up to the end; false: nothing is. */
static bool fire_next(struct quiet *q)
{
    struct world *w = q->call->world;
    int64_t due;
    if (!timers_next(w->timers, true, &due) || due > q->until)
        return false;
    if (due > clock_now(&w->clock))
        move_clock(q, due);
    return timers_fire(w->timers) > 0;
}

static void tell_events(struct quiet *q)
{
    cJSON *out = call_out(q->call);
    cJSON *happened = cJSON_AddArrayToObject(out, "happened");
    cJSON *failed = cJSON_AddArrayToObject(out, "failed");
    struct trace_event e;
    for (uint64_t seq = q->since; trace_next(q->call->world->trace, seq, &e); seq = e.seq) {
        bool bad = e.kind == TRACE_ERROR || (e.kind == TRACE_DONE && e.status >= 400);
        if (e.kind == TRACE_DONE || e.kind == TRACE_STATE || e.kind == TRACE_ERROR)
            cJSON_AddItemToArray(bad ? failed : happened, control_event_json(&e));
    }
}

static void end(struct quiet *q)
{
    struct call *c = q->call;
    struct world *w = c->world;
    if (q->move && clock_now(&w->clock) < q->until)
        move_clock(q, q->until);
    if (q->moved && control_clock_changed(c) != RC_OK)
        call_broke(c, RC_IO);
    tell_events(q);
    control_clock_json(w, call_out(c));
    list_del(&q->link);
    call_finish(c);
}

static void look(void *arg)
{
    struct control *k = arg;
    struct list *at, *tmp;
    list_each_safe (at, tmp, &k->waiting) {
        struct quiet *q = list_of(at, struct quiet, link);
        bool fired = true;
        while (fired && is_quiet(k->world))
            fired = fire_next(q);
        if (!fired && is_quiet(k->world))
            end(q);
    }
    if (list_empty(&k->waiting))
        k->world->turn_over = NULL;
}

void control_quiet_shift(struct control *k, int64_t by_ms)
{
    struct list *at;
    for (at = k->waiting.next; at != &k->waiting; at = at->next)
        list_of(at, struct quiet, link)->until += by_ms;
}

void control_stop(struct world *w, void *state)
{
    struct control *k = state;
    struct list *at;
    w->turn_over = NULL;
    while ((at = list_shift(&k->waiting))) {
        struct call *c = list_of(at, struct quiet, link)->call;
        call_fail(c, &fault_service_down, NULL);
        call_finish(c);
    }
}

static uint64_t last_event(const struct trace *t)
{
    struct trace_event e;
    uint64_t seq = 0;
    while (trace_next(t, seq, &e))
        seq = e.seq;
    return seq;
}

enum op_end control_quiet(struct call *c, int64_t span_ms, bool move)
{
    struct control *k = control_of(c);
    int64_t now = clock_now(&c->world->clock);
    if (span_ms >= CONTROL_TIME_END - now)
        return call_fail(c, &control_bad_request, "a span that leads beyond the year 9999");
    struct quiet *q = arena_zalloc(&c->arena, sizeof(*q));
    q->call = c;
    q->until = now + span_ms;
    q->move = move;
    q->since = last_event(c->world->trace);
    list_push(&k->waiting, &q->link);
    c->world->turn_over = look;
    c->world->turn_over_arg = k;
    return OP_FORWARD;
}
