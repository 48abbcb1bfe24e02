#include "door/causes.h"
#include "model.h"
#include "op.h"

#define CHUNK 10 /* messages that are read at a time: each may have a megabyte */

/* Causes: shows the messages of all queues to the search that `why` handed over.  Internal. */
struct look {
    struct call *call;
    struct causes_search *search;
    const struct queue *queue;
    struct arena scratch; /* of one message, or one chunk */
    bool enough;
    enum rc rc;
};

static void show(struct look *l, const struct message *m)
{
    l->enough = !causes_show(l->search, &(struct causes_row){.id = m->id,
                                                             .causes = m->causes,
                                                             .trace_id = m->trace_id,
                                                             .kind = "message",
                                                             .place = l->queue->name,
                                                             .at = m->sent_at,
                                                             .size = m->body.n + m->attributes.n});
}

/* The fresh ones, the newest chunk first. */
static void look_at_fresh(struct look *l)
{
    const struct queue *q = l->queue;
    struct message chunk[CHUNK];
    uint64_t end = q->last_fresh + 1;
    while (end > q->head && !l->enough && l->rc == RC_OK) {
        uint64_t from = end - q->head > CHUNK ? end - CHUNK : q->head;
        int n;
        arena_clear(&l->scratch);
        l->rc = message_fresh(l->call->txn, &l->scratch, q->id, from, (int)(end - from), chunk, &n);
        while (l->rc == RC_OK && n-- > 0 && !l->enough)
            if (chunk[n].seq < end)
                show(l, &chunk[n]);
        end = from;
    }
}

static void look_at_due(void *arg, const struct due *d)
{
    struct look *l = arg;
    struct message m;
    if (l->enough || l->rc != RC_OK)
        return;
    arena_clear(&l->scratch);
    l->rc = message_read(l->call->txn, &l->scratch, l->queue->id, d->seq, &m);
    if (l->rc == RC_OK)
        show(l, &m);
}

static enum rc look_at_queue(struct look *l, struct queue *q)
{
    l->queue = q;
    l->enough = false;
    l->rc = queue_learn(l->call, q);
    if (l->rc == RC_OK)
        look_at_fresh(l);
    if (l->rc != RC_OK || l->enough)
        return l->rc;
    enum rc rc = due_each(l->call->txn, q->id, INT64_MIN, look_at_due, l);
    return rc == RC_OK ? l->rc : rc;
}

static enum op_end run(struct call *c, const void *input)
{
    (void)input;
    struct sqs *m = sqs_of(c);
    if (!m)
        return OP_FAULT;
    struct look l = {.call = c, .search = causes_search_of(c)};
    struct map_entry *at = m->queues.first;
    struct queue *q;
    enum rc rc = RC_OK;
    arena_init(&l.scratch);
    while (rc == RC_OK && (q = map_each(&at, NULL))) {
        causes_share(l.search, m->queues.count);
        rc = look_at_queue(&l, q);
    }
    arena_release(&l.scratch);
    return rc == RC_OK ? OP_DONE : call_broke(c, rc);
}

const struct op_row sqs_causes = {"Causes", run, .flags = OP_INTERNAL | OP_TYPED | OP_QUIET};
