/* DeleteQueue and PurgeQueue: away with all messages, and with the queue or not.  Both take effect at once.
 * With --strict-limits a queue can be purged once in 60 s. */
#include "fault.h"
#include "model.h"
#include "op.h"

struct queue_in {
    struct str queue_url;
};

static const struct shape_row in[] = {
    IN_STR(queue_in, queue_url, "QueueUrl", .flags = SHAPE_REQ),
    SHAPE_END,
};

static enum op_end run_delete(struct call *c, const void *input)
{
    const struct queue_in *req = input;
    struct queue *q = queue_by_url(c, req->queue_url);
    if (!q)
        return OP_FAULT;
    struct queue_row row = queue_row_of(q);
    enum rc rc = messages_sweep(c, q->id);
    if (rc == RC_OK)
        rc = queue_erase(c->txn, &row);
    if (rc == RC_OK && limits_are_strict(c))
        rc = queue_gone_write(c->txn, &row, c->now);
    if (rc != RC_OK)
        return call_broke(c, rc);
    call_note(c, q->arn); /* who waits for messages learns that there is no queue */
    queue_remove(q);
    return OP_DONE;
}

static enum op_end run_purge(struct call *c, const void *input)
{
    const struct queue_in *req = input;
    struct queue *q = queue_by_url(c, req->queue_url);
    if (!q)
        return OP_FAULT;
    if (limits_are_strict(c) && within_a_minute(c, q->purged))
        return call_fail(c, &sqs_purge_queue_in_progress,
                         "Only one PurgeQueue operation on %.*s is allowed every 60 seconds.",
                         STR_ARG(q->name));
    struct queue_row row = queue_row_of(q);
    row.purged = c->now;
    enum rc rc = messages_sweep(c, q->id);
    if (rc == RC_OK)
        rc = queue_next_id(c, q->sqs, &row.id);
    if (rc == RC_OK)
        rc = queue_write(c->txn, &row);
    if (rc != RC_OK)
        return call_broke(c, rc);
    q->purged = c->now;
    q->id = row.id;
    q->learned = false;
    queue_wake_at(q, INT64_MAX);
    return OP_DONE;
}

const struct op_row sqs_delete_queue = {.name = "DeleteQueue",
                                        .run = run_delete,
                                        .in = in,
                                        .in_size = sizeof(struct queue_in),
                                        .flags = OP_SILENT};
const struct op_row sqs_purge_queue = {
    .name = "PurgeQueue", .run = run_purge, .in = in, .in_size = sizeof(struct queue_in), .flags = OP_SILENT};
