/* ChangeMessageVisibility and ChangeMessageVisibilityBatch: hide a received message for so many seconds from
 * now; 0 gives it back at once.  All extensions of one receive together end 12 hours after it.  An older
 * handle of a message that was received again does the same as the newest, as on AWS's standard queues. */
#include "batch.h"
#include "fault.h"
#include "handle.h"
#include "op.h"

struct change_in {
    struct str queue_url, id, handle;
    int64_t seconds;
};

static const struct shape_row in[] = {
    IN_STR(change_in, queue_url, "QueueUrl", .flags = SHAPE_REQ),
    IN_STR(change_in, handle, "ReceiptHandle", .flags = SHAPE_REQ),
    IN_INT(change_in, seconds, "VisibilityTimeout", .flags = SHAPE_REQ, .max = MAX_VISIBILITY),
    SHAPE_END,
};

static const struct shape_row entry_rows[] = {
    IN_STR(change_in, id, "Id", .flags = SHAPE_REQ),
    IN_STR(change_in, handle, "ReceiptHandle", .flags = SHAPE_REQ),
    IN_INT(change_in, seconds, "VisibilityTimeout", .max = MAX_VISIBILITY),
    SHAPE_END,
};
static const struct shape_row loose_rows[] = {
    OUT(SHAPE_STR, "Id"),
    OUT(SHAPE_STR, "ReceiptHandle"),
    OUT(SHAPE_INT, "VisibilityTimeout"),
    SHAPE_END,
};
static const struct shape_row entry_row[] = {
    OUT(SHAPE_STRUCT, "ChangeMessageVisibilityBatchRequestEntry", .of = loose_rows), SHAPE_END};

static const struct shape_row batch_rows[] = {
    IN_STR(batch_in, queue_url, "QueueUrl", .flags = SHAPE_REQ),
    IN_LIST(batch_in, entries, "Entries", .flags = SHAPE_FLAT, .of = entry_row,
            .wire = "ChangeMessageVisibilityBatchRequestEntry"),
    SHAPE_END,
};

static const struct shape_row done_row[] = {
    OUT(SHAPE_STRUCT, "ChangeMessageVisibilityBatchResultEntry", .of = batch_done_rows), SHAPE_END};
static const struct shape_row batch_out[] = {
    OUT(SHAPE_LIST, "Successful", .flags = SHAPE_FLAT, .of = done_row,
        .wire = "ChangeMessageVisibilityBatchResultEntry"),
    OUT(SHAPE_LIST, "Failed", .flags = SHAPE_FLAT, .of = batch_failed_row, .wire = "BatchResultErrorEntry"),
    SHAPE_END,
};

/* The due row moves, and a moved row leads the handle to its new place. */
static enum rc move(struct call *c, struct queue *q, struct due *d, int64_t visible_at)
{
    int64_t before = d->visible_at;
    enum rc rc = due_lift(c->txn, q->id, d);
    d->visible_at = visible_at;
    d->moved = true;
    if (rc == RC_OK)
        rc = due_write(c->txn, q->id, d);
    if (rc == RC_OK)
        rc = moved_write(c->txn, q->id, d->seq, visible_at);
    if (rc == RC_OK)
        rc = queue_wake_moved(c, q, before);
    return rc;
}

static enum rc change_one(struct call *c, struct queue *q, const void *input, cJSON *ok, enum op_end *end)
{
    const struct change_in *req = input;
    (void)ok;
    struct due d;
    enum handle_state state;
    enum rc rc = queue_learn(c, q);
    if (rc == RC_OK)
        rc = handle_find(c, q, req->handle, &state, &d);
    if (rc != RC_OK)
        return rc;
    if (state == HANDLE_BAD) {
        *end = fail_handle(c, req->handle);
        return RC_OK;
    }
    if (state == HANDLE_GONE) {
        *end = fail_value(c, req->handle, "ReceiptHandle",
                          "Message does not exist or is not available for visibility timeout change.");
        return RC_OK;
    }
    if (d.visible_at <= c->now)
        return RC_OK; /* it has come back already: AWS says yes and leaves it alone */
    int64_t seconds = req->seconds == SHAPE_NO_INT ? q->visibility : req->seconds;
    int64_t visible_at = c->now + seconds * 1000;
    if (visible_at - d.received_at > MAX_VISIBILITY * 1000) {
        *end = fail_value(c, arena_printf(&c->arena, "%lld", (long long)seconds), "VisibilityTimeout",
                          "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]");
        return RC_OK;
    }
    rc = move(c, q, &d, visible_at);
    if (rc == RC_OK) {
        queue_due_written(q, visible_at);
        queue_count(q, 0, visible_at > c->now ? 0 : -1);
        call_note(c, q->arn);
    }
    return rc;
}

static enum op_end run(struct call *c, const void *input)
{
    const struct change_in *req = input;
    return batch_single(c, req->queue_url, req, change_one);
}

static enum op_end run_batch(struct call *c, const void *input)
{
    return batch_run(c, input,
                     &(struct batch){.operation = "ChangeMessageVisibilityBatch",
                                     .rows = entry_rows,
                                     .size = sizeof(struct change_in),
                                     .one = change_one});
}

const struct op_row sqs_change_message_visibility = {.name = "ChangeMessageVisibility",
                                                     .run = run,
                                                     .in = in,
                                                     .in_size = sizeof(struct change_in),
                                                     .flags = OP_SILENT};

const struct op_row sqs_change_message_visibility_batch = {.name = "ChangeMessageVisibilityBatch",
                                                           .run = run_batch,
                                                           .in = batch_rows,
                                                           .in_size = sizeof(struct batch_in),
                                                           .out = batch_out};
