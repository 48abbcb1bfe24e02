/* The life of a call, and who moves it:
 *
 *   NEW --door_submit--> WAITING --turn--> run --OP_DONE, OP_FAULT--> ENDED --commit--> on_end
 *                           ^               |--OP_PARK--> PARKED --note, deadline--+
 *                           |               |                                      |
 *                           +---------------|--OP_MORE, after the commit-----------+
 *                           +---------------|--------------------------------------+
 *                                           +--OP_FORWARD--> FORWARDED --call_finish--> FINISHED --turn-->
 * on_end
 */
#include "door/door.h"
#include "call_inside.h"
#include "door/trace.h"
#include "note_point.h"

enum call_stage { NEW, WAITING, PARKED, UNFINISHED, FORWARDED, FINISHED, ENDED };

#define MAX_SHAPE_ERRORS 10

/* The input struct, zeroed and filled; NULL with `end` set to OP_FAULT when a shape does not fit. */
static const void *read_input(struct call *c, enum op_end *end)
{
    const struct op_row *op = c->op;
    void *input = arena_zalloc(&c->arena, op->in_size ? op->in_size : 1);
    if (!op->in)
        return input;
    struct shape_error errors[MAX_SHAPE_ERRORS];
    int n = shape_read(&c->arena, op->in, c->in, input, errors, MAX_SHAPE_ERRORS);
    if (n == 0 && c->zeros)
        n = shape_zeros(&c->arena, op->in, c->in, errors);
    if (n == 0)
        return input;
    *end = OP_FAULT;
    for (int i = 0; i < n; i++)
        if (errors[i].problem == SHAPE_TYPE) {
            call_fail(c, &fault_serialization, "%.*s", STR_ARG(shape_type_text(&c->arena, &errors[i])));
            return NULL;
        }
    const struct fault *fault = &fault_validation;
    struct str text = c->service->invalid ? c->service->invalid(c, errors, n, &fault)
                                          : shape_coral_text(&c->arena, errors, n);
    call_fail(c, fault, "%.*s", STR_ARG(text));
    return NULL;
}

static enum op_end run_operation(struct call *c)
{
    c->fault = NULL;
    if (c->typed && (c->op->flags & OP_TYPED))
        return c->op->run(c, NULL);
    enum op_end end = OP_DONE;
    const void *input = read_input(c, &end);
    return input ? c->op->run(c, input) : end;
}

static void fail_inside(struct call *c, enum rc rc)
{
    if (rc != RC_OK)
        call_broke(c, rc);
}

/* One run inside its savepoint. */
static void run_marked(struct call *c)
{
    store_mark(c->txn);
    enum op_end end = run_operation(c);
    if (end == OP_DONE || end == OP_FORWARD || end == OP_MORE) {
        fail_inside(c, store_keep(c->txn));
        call_notes_pend(c);
    } else {
        fail_inside(c, store_undo(c->txn));
        call_notes_drop(c);
    }
    c->runs++;
    if (end == OP_PARK)
        c->stage = PARKED;
    else if (end == OP_MORE)
        c->stage = UNFINISHED;
    else if (end == OP_FORWARD && c->stage != FINISHED)
        c->stage = FORWARDED;
    else
        c->stage = ENDED;
}

static void job_run(struct job *j)
{
    struct call *c = list_of(j, struct call, job);
    c->now = c->world->turn_now;
    if (c->stage == FINISHED || (c->cancelled && c->runs > 0)) {
        c->stage = ENDED;
        return;
    }
    c->stage = WAITING;
    run_marked(c);
}

/* "sqs SendMessage" */
static struct str event_name(struct call *c)
{
    struct str service = str_z(c->service->name), op = str_z(c->op->name);
    char *text = arena_alloc(&c->arena, service.n + 1 + op.n);
    memcpy(text, service.p, service.n);
    text[service.n] = ' ';
    memcpy(text + service.n + 1, op.p, op.n);
    return str_n(text, service.n + 1 + op.n);
}

static void leave_event(struct call *c)
{
    if ((c->op->flags & OP_QUIET) && !c->fault)
        return;
    trace_add(c->world, &(struct trace_event){
                            .kind = TRACE_CALL,
                            .at_us = c->began_us,
                            .took_us = clock_now_us(&c->world->clock) - c->began_us,
                            .id = str_z(c->request_id),
                            .causes = c->causes,
                            .trace_id = str_z(c->trace_id),
                            .what = event_name(c),
                            .detail = c->fault ? arena_printf(&c->arena, "%s: %.*s", c->fault->code,
                                                              STR_ARG(c->fault_text))
                                               : STR(""),
                            .status = c->fault ? c->fault->http : 200,
                            .also = c->also,
                        });
}

static void queue(struct call *c)
{
    c->queued = true;
    turn_add(c->world->turn, &c->job);
}

/* Its portion is safe: the next one follows, unless the end is near. */
static bool goes_on(struct call *c, enum rc committed)
{
    if (c->stage != UNFINISHED || committed != RC_OK)
        return false;
    if (c->world->stopping) {
        call_fail(c, &fault_service_down, NULL);
        return false;
    }
    c->queued = true;
    turn_add_later(c->world->turn, &c->job);
    return true;
}

static void job_end(struct job *j, enum rc committed)
{
    struct call *c = list_of(j, struct call, job);
    c->queued = false;
    if (c->stage == WAITING) { /* it parked and was woken in the same turn */
        queue(c);
        return;
    }
    if (c->stage == PARKED || c->stage == FORWARDED || goes_on(c, committed))
        return;
    fail_inside(c, committed);
    leave_event(c);
    c->on_end(c);
}

/* A service may have several rows in the table. */
const struct op_row *door_find(const struct world *w, struct str service, struct str operation,
                               const struct service **of)
{
    for (const struct service *const *s = w->services; *s; s++) {
        const struct op_row *op = str_is(service, (*s)->name) ? op_find(*s, operation) : NULL;
        *of = *s;
        if (op)
            return op;
    }
    return NULL;
}

struct call *door_open(struct world *w, const struct call *parent, const char *service, const char *operation)
{
    const struct service *s;
    const struct op_row *op = door_find(w, str_z(service), str_z(operation), &s);
    return op ? call_new(w, parent, s, op) : NULL;
}

void door_submit(struct call *c)
{
    c->job.run = job_run;
    c->job.end = job_end;
    c->stage = WAITING;
    queue(c);
}

/* A call whose turn is not over ends with that turn: its job_end is still to come. */
void call_finish(struct call *c)
{
    c->stage = FINISHED;
    if (!c->queued)
        queue(c);
}

void call_wake(struct call *c)
{
    call_unpark(c);
    c->stage = WAITING;
    if (!c->queued)
        queue(c);
}

void call_cancel(struct call *c)
{
    c->cancelled = true;
    if (c->stage == PARKED)
        call_wake(c);
}

bool door_call(struct call *c)
{
    struct call *parent = (struct call *)c->parent;
    c->now = parent->now;
    enum op_end end = run_operation(c);
    if (end == OP_PARK || end == OP_MORE || end == OP_FORWARD)
        BUG("%s %s cannot run inside another call", c->service->name, c->op->name);
    leave_event(c);
    if (end == OP_FAULT)
        call_notes_drop(c);
    else
        call_notes_hand_up(c);
    return end != OP_FAULT;
}

static void forget_answer(struct call *c)
{
    if (c->fault)
        log_debug(c->world->log, "%s %s: %s: %.*s", c->service->name, c->op->name, c->fault->code,
                  STR_ARG(c->fault_text));
    call_free(c);
}

void door_send(struct call *c)
{
    c->on_end = forget_answer;
    door_submit(c);
}

static void note_end(struct call *c)
{
    *(bool *)c->asker = true;
}

struct call *door_wait(struct call *c)
{
    struct world *w = c->world;
    bool ended = false;
    c->asker = &ended;
    c->on_end = note_end;
    door_submit(c);
    while (!ended) {
        turn_run(w->turn);
        if (ended)
            break;
        if (w->loop)
            loop_once(w->loop, 10);
        else if (timers_fire(w->timers) == 0 && turn_idle(w->turn))
            BUG("%s %s waits for what never comes", c->service->name, c->op->name);
    }
    return c;
}
