/* The pusher: takes deliveries from the outbox and makes them.
 *
 *   outbox noted, or the next one is due --> Push --each row: the call it names, inside Push's own
 * transaction--> done, or later, or given up to its dead-letter queue.
 *
 * The delivery and its removal commit together, so that a crash neither loses nor doubles it.  Invariant:
 * rows are taken in the order of their due times. */
#include "bus_inside.h"
#include "door/arn.h"
#include "door/door.h"
#include "door/note.h"
#include "door/outbox.h"
#include "door/stored.h"
#include "door/trace.h"
#include <stdlib.h>

#define ATTRIBUTES_MAX 10 /* of a queue's message */
#define ROW_WORK 3000     /* what a delivery costs beside its bytes, in the steps of call_works */

struct push {
    struct world *world;
    struct note_listener listener;
    struct timer timer;
    bool running;
    bool rests; /* the turn did enough: the timer goes on, in the next round */
};

extern const struct op_row bus_push;

/* When a delivery is tried again after `attempts` failures, in ms; -1: no more.  "Message delivery retries"
 * (SNS), "Retry policy" (EventBridge: 24 h, 185 times). */
struct retry {
    const char *policy;
    int64_t (*wait)(int attempts);
};

static int64_t sns_wait(int n)
{
    if (n < 3)
        return 0;
    if (n < 5)
        return 1000;
    if (n < 15)
        return 1000 + (int64_t)(n - 5) * 19000 / 9; /* 1 s to 20 s */
    return n < 100015 ? 20000 : -1;
}

static int64_t events_wait(int n)
{
    int64_t wait = n < 9 ? 1000LL << n : 466000; /* 185 tries in 24 hours */
    return n < 185 ? wait : -1;
}

static const struct retry retries[] = {{"sns", sns_wait}, {"events", events_wait}};

static int64_t wait_of(struct str policy, int attempts)
{
    for (size_t i = 0; i < sizeof(retries) / sizeof(*retries); i++)
        if (str_is(policy, retries[i].policy))
            return retries[i].wait(attempts);
    return -1;
}

/* The operation by which a row says that it is delivered; NULL: there is none, or none that ends within this
 * turn.  Of a function's invocation the event alone does: nobody waits for its answer. */
static const struct op_row *deliverer(const struct world *w, struct str service, struct str operation,
                                      const cJSON *in, const struct service **of)
{
    const struct op_row *op = door_find(w, service, operation, of);
    bool ends = op && (op->flags & OP_DELIVERS) &&
                (!str_is(service, "lambda") || str_is(json_member_text(in, "InvocationType"), "Event"));
    return ends ? op : NULL;
}

/* The call that delivers; NULL: nothing delivers so. */
static struct call *delivery(struct call *push, struct str service, struct str operation, const cJSON *in,
                             const struct outbox_item *item)
{
    const struct service *s;
    const struct op_row *op = deliverer(push->world, service, operation, in, &s);
    if (!op)
        return NULL;
    struct call *k = call_new(push->world, push, s, op);
    k->from = CALL_TRIGGER;
    k->causes = arena_str(&k->arena, item->causes);
    k->account = arena_str(&k->arena, item->account);
    k->region = arena_str(&k->arena, item->region);
    str_copy(item->trace_id, k->trace_id, sizeof(k->trace_id));
    return k;
}

/* What could not be delivered goes to the dead-letter queue in the form in which it would have arrived. */
static void dead_letter(struct call *push, const struct outbox_item *item, const struct fault *why,
                        struct str text)
{
    struct arn arn;
    struct str causes = item->causes, sender = str_cut(&causes, ' ');
    trace_add(push->world, &(struct trace_event){
                               .kind = TRACE_ERROR,
                               .at_us = clock_now_us(&push->world->clock),
                               .id = sender,
                               .causes = causes,
                               .trace_id = item->trace_id,
                               .what = item->row.source,
                               .detail = arena_printf(
                                   &push->arena, "not delivered: %s: %.*s%s", why->code, STR_ARG(text),
                                   item->row.dead_letter_arn.p ? ", sent to its dead-letter queue" : ""),
                           });
    if (!item->row.dead_letter_arn.p || !arn_parse(item->row.dead_letter_arn, &arn))
        return;
    struct call *k = delivery(push, STR("sqs"), STR("SendMessage"), NULL, item);
    if (!k)
        return;
    const cJSON *body = cJSON_GetObjectItemCaseSensitive(item->in, "MessageBody");
    k->in = cJSON_CreateObject();
    cJSON_AddStringToObject(k->in, "QueueUrl",
                            arena_printf(&k->arena, "%.*s/%.*s/%.*s", STR_ARG(push->world->origin),
                                         STR_ARG(arn.account), STR_ARG(arn.resource))
                                .p);
    if (body)
        cJSON_AddItemToObject(k->in, "MessageBody", json_copy(body));
    else
        cJSON_AddStringToObject(k->in, "MessageBody", arena_z(&k->arena, item->row.payload));
    const cJSON *attributes = cJSON_GetObjectItemCaseSensitive(item->in, "MessageAttributes");
    if (attributes && cJSON_GetArraySize(attributes) <= ATTRIBUTES_MAX) /* more is why it was refused */
        cJSON_AddItemToObject(k->in, "MessageAttributes", json_copy(attributes));
    if (!door_call(k))
        log_error(push->world->log, "the dead-letter queue %.*s refuses a message: %.*s",
                  STR_ARG(item->row.dead_letter_arn), STR_ARG(k->fault_text));
    call_free(k);
}

/* A row that nobody of ours wrote: it would stand at the head of the outbox for ever. */
static enum rc throw_away(struct call *push, struct outbox_item *item)
{
    log_error(push->world->log, "the state is damaged: a delivery by %.*s %.*s is dropped",
              STR_ARG(item->row.service), STR_ARG(item->row.operation));
    cJSON_Delete(item->in);
    return outbox_done(push->txn, item);
}

static enum rc give(struct call *push, struct outbox_item *item)
{
    struct call *k = delivery(push, item->row.service, item->row.operation, item->in, item);
    if (!k)
        return throw_away(push, item);
    k->in = item->in;
    k->payload = item->row.payload;
    bool ok = door_call(k);
    bool theirs = !ok && k->fault->http < 500 && k->fault->http != 429; /* trying again does not help */
    int64_t wait =
        ok || theirs ? -1 : wait_of(item->row.policy, item->attempts); /* 0: at once, in the next turn */
    enum rc rc;
    if (ok || wait < 0)
        rc = outbox_done(push->txn, item);
    else
        rc = outbox_later(push->txn, item, push->now + (wait ? wait : 1));
    if (!ok && wait < 0)
        dead_letter(push, item, k->fault, k->fault_text);
    call_free(k); /* and item->in with it */
    return rc;
}

static void run_soon(struct push *p);

/* Push: delivers what is due.  From the bus itself. */
static enum op_end run(struct call *c, const void *input)
{
    (void)input;
    struct push *p = world_state(c->world, &bus_push_service);
    struct outbox_item item = {0};
    int64_t next_due = INT64_MAX;
    enum rc rc = RC_OK;
    bool more = true;
    int n = 0;
    p->running = p->rests = false;
    timer_set(c->world->timers, &p->timer, c->now + 1000); /* should this run fail */
    while (more &&
           (rc = outbox_next(c->txn, &c->arena, c->now, n ? &item : NULL, &item, &next_due)) == RC_OK) {
        if (give(c, &item) != RC_OK)
            return call_broke(c, RC_IO);
        more = call_works(c, ROW_WORK + (int64_t)item.bytes);
        n++;
    }
    if ((p->rests = !more))
        timer_set(c->world->timers, &p->timer, c->now);
    else if (rc != RC_NONE)
        return call_broke(c, rc);
    else if (next_due != INT64_MAX)
        timer_set(c->world->timers, &p->timer, next_due);
    else
        timer_stop(c->world->timers, &p->timer);
    return OP_DONE;
}

const struct op_row bus_push = {"Push", run, .flags = OP_INTERNAL | OP_QUIET};

static void run_soon(struct push *p)
{
    if (p->running)
        return;
    p->running = true;
    door_send(door_open(p->world, NULL, "bus", "Push"));
}

static void heard(struct note_listener *l, struct str arn)
{
    (void)arn;
    struct push *p = list_of(l, struct push, listener);
    if (!p->rests)
        run_soon(p);
}

static void due(struct timer *t)
{
    run_soon(list_of(t, struct push, timer));
}

static const struct shape_row delivery_form[] = {
    STORED_TEXT("service"),
    STORED_TEXT("operation"),
    STORED_TEXT("account"),
    STORED_TEXT("region"),
    STORED_TEXT("traceId"),
    OUT(SHAPE_STR, "payload"),
    STORED_TEXT("source"),
    STORED_TEXT("policy"),
    OUT(SHAPE_STR, "deadLetterArn"),
    STORED_TEXT("causes"),
    STORED_NUMBER("attempts", 0, 1000000),
    OUT(SHAPE_STRUCT, "in"),
    SHAPE_END,
};

/* The dead-letter queue of the first version had any partition. */
static enum stored_mend mend_delivery(struct arena *a, cJSON *row)
{
    enum stored_mend how = stored_mend_arn(a, row, "deadLetterArn", json_member_text(row, "region"));
    return how == STORED_GOES ? STORED_FINE : how;
}

static struct str wrong_delivery(struct arena *a, const struct world *w, const cJSON *row)
{
    const struct service *of;
    struct str service = json_member_text(row, "service"), operation = json_member_text(row, "operation");
    if (deliverer(w, service, operation, cJSON_GetObjectItemCaseSensitive(row, "in"), &of))
        return STR_NONE;
    return arena_printf(a, "is no delivery: %.*s %.*s makes none", STR_ARG(service), STR_ARG(operation));
}

static const struct stored_form forms[] = {
    {.space = "outbox", .rows = delivery_form, .mend = mend_delivery, .wrong = wrong_delivery}, {0}};

static enum rc push_open(struct world *w, void **state)
{
    enum rc rc = stored_check(w, forms);
    if (rc != RC_OK)
        return rc;
    struct push *p = xcalloc(1, sizeof(*p));
    p->world = w;
    p->listener.heard = heard;
    p->timer.fire = due;
    note_listen(w, &p->listener, STR(OUTBOX_ARN));
    *state = p;
    return RC_OK;
}

static void push_start(struct world *w, void *state)
{
    (void)w;
    run_soon(state);
}

/* After a lost commit: what was taken is due again. */
static void push_drop(struct world *w, void *state)
{
    struct push *p = state;
    timer_set(w->timers, &p->timer, clock_now(&w->clock));
}

static void push_close(struct world *w, void *state)
{
    struct push *p = state;
    timer_stop(w->timers, &p->timer);
    note_unlisten(w, &p->listener);
    free(p);
}

static const struct op_row *const ops[] = {&bus_push, &bus_causes, &bus_rewound, NULL};

const struct service bus_push_service = {
    .name = "bus",
    .ops = ops,
    .open = push_open,
    .start = push_start,
    .drop = push_drop,
    .close = push_close,
};
