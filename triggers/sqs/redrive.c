#include "redrive.h"
#include "door/trace.h"
#include "door/world.h"

struct queue *redrive_target(struct call *c, const struct queue *q, const struct due *d)
{
    if (!q->dead_letter_arn.p || d->receives < q->max_receives)
        return NULL;
    return queue_by_arn(c, q->dead_letter_arn);
}

static void leave_trace(struct call *c, const struct queue *from, const struct queue *to,
                        const struct message *m)
{
    struct str detail = arena_printf(&c->arena, "%.*s to %.*s", STR_ARG(from->arn), STR_ARG(to->arn));
    trace_add(c->world, &(struct trace_event){.kind = TRACE_STATE,
                                              .at_us = c->now * 1000,
                                              .id = m->id,
                                              .causes = m->causes,
                                              .trace_id = m->trace_id,
                                              .what = STR("message moved to its dead-letter queue"),
                                              .detail = detail});
}

/* The message keeps its id, its time of sending and its number of receives. */
enum rc redrive_move(struct call *c, struct queue *from, struct queue *to, const struct due *d)
{
    struct message m;
    enum rc rc = message_read(c->txn, &c->arena, from->id, d->seq, &m);
    if (rc == RC_OK)
        rc = queue_learn(c, to);
    if (rc != RC_OK)
        return rc;
    m.seq = to->last_placed + 1;
    m.dead_letter_source = from->arn;
    /* Visible since it was sent, so that the order and the retention of the dead-letter queue go by that. */
    struct due there = {.visible_at = m.sent_at,
                        .seq = m.seq,
                        .sent_at = m.sent_at,
                        .first_received_at = d->first_received_at,
                        .receives = d->receives};
    rc = message_write(c->txn, to->id, &m);
    if (rc == RC_OK)
        rc = due_write(c->txn, to->id, &there);
    if (rc == RC_OK)
        rc = message_erase(c->txn, from->id, d->seq);
    if (rc == RC_OK)
        rc = due_erase(c->txn, from->id, d);
    if (rc != RC_OK)
        return rc;
    to->last_placed = m.seq;
    queue_due_written(to, there.visible_at);
    queue_count(to, 1, 0);
    queue_count(from, -1, 0);
    call_note(c, to->arn);
    leave_trace(c, from, to, &m);
    return RC_OK;
}

bool retention_over(const struct call *c, const struct queue *q, int64_t sent_at)
{
    return sent_at + q->retention * 1000 <= c->now;
}

/* What became visible before the oldest time that is kept was also sent before it. */
static enum rc sweep_due(struct call *c, struct queue *q, bool *more)
{
    struct due rows[64];
    int n;
    int64_t next, oldest = c->now - q->retention * 1000;
    do {
        enum rc rc = due_first(c->txn, q->id, oldest, 64, rows, &n, &next);
        for (int i = 0; rc == RC_OK && i < n; i++) {
            if ((*more = !call_sweeps(c)))
                return RC_OK;
            rc = message_erase(c->txn, q->id, rows[i].seq);
            if (rc == RC_OK)
                rc = due_erase(c->txn, q->id, &rows[i]);
            queue_count(q, -1, 0);
        }
        if (rc != RC_OK)
            return rc;
    } while (n == 64);
    return RC_OK;
}

static enum rc sweep_fresh(struct call *c, struct queue *q, bool *more)
{
    struct message m;
    int n;
    for (;;) {
        enum rc rc = message_fresh(c->txn, &c->arena, q->id, q->head, 1, &m, &n);
        if (rc != RC_OK || n == 0 || !retention_over(c, q, m.sent_at) || (*more = !call_sweeps(c)))
            return rc;
        rc = message_erase(c->txn, q->id, m.seq);
        if (rc != RC_OK)
            return rc;
        q->head = m.seq + 1;
    }
}

enum rc retention_sweep(struct call *c, struct queue *q, bool *more)
{
    *more = false;
    enum rc rc = queue_learn(c, q);
    if (rc == RC_OK)
        rc = sweep_due(c, q, more);
    return rc == RC_OK && !*more ? sweep_fresh(c, q, more) : rc;
}
