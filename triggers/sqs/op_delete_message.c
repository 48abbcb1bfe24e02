/* DeleteMessage and DeleteMessageBatch: a message that was received is done.  Any of its receipt handles will
 * do, also when it came back or was received again since; that of a message which is gone is answered with
 * success, too: as on AWS's standard queues. */
#include "batch.h"
#include "fault.h"
#include "handle.h"
#include "op.h"

/* One input struct for both: the single call, and an entry of the batch. */
struct delete_in {
    struct str queue_url, id, handle;
};

static const struct shape_row in[] = {
    IN_STR(delete_in, queue_url, "QueueUrl", .flags = SHAPE_REQ),
    IN_STR(delete_in, handle, "ReceiptHandle", .flags = SHAPE_REQ),
    SHAPE_END,
};

static const struct shape_row entry_rows[] = {
    IN_STR(delete_in, id, "Id", .flags = SHAPE_REQ),
    IN_STR(delete_in, handle, "ReceiptHandle", .flags = SHAPE_REQ),
    SHAPE_END,
};
static const struct shape_row loose_rows[] = {OUT(SHAPE_STR, "Id"), OUT(SHAPE_STR, "ReceiptHandle"),
                                              SHAPE_END};
static const struct shape_row entry_row[] = {
    OUT(SHAPE_STRUCT, "DeleteMessageBatchRequestEntry", .of = loose_rows), SHAPE_END};

static const struct shape_row batch_rows[] = {
    IN_STR(batch_in, queue_url, "QueueUrl", .flags = SHAPE_REQ),
    IN_LIST(batch_in, entries, "Entries", .flags = SHAPE_FLAT, .of = entry_row,
            .wire = "DeleteMessageBatchRequestEntry"),
    SHAPE_END,
};

static const struct shape_row done_row[] = {
    OUT(SHAPE_STRUCT, "DeleteMessageBatchResultEntry", .of = batch_done_rows), SHAPE_END};
static const struct shape_row batch_out[] = {
    OUT(SHAPE_LIST, "Successful", .flags = SHAPE_FLAT, .of = done_row,
        .wire = "DeleteMessageBatchResultEntry"),
    OUT(SHAPE_LIST, "Failed", .flags = SHAPE_FLAT, .of = batch_failed_row, .wire = "BatchResultErrorEntry"),
    SHAPE_END,
};

static enum rc delete_one(struct call *c, struct queue *q, const void *input, cJSON *ok, enum op_end *end)
{
    const struct delete_in *req = input;
    (void)ok;
    struct due d;
    enum handle_state state;
    enum rc rc = queue_learn(c, q);
    if (rc == RC_OK)
        rc = handle_find(c, q, req->handle, &state, &d);
    if (rc == RC_OK && state == HANDLE_BAD)
        *end = fail_handle(c, req->handle);
    if (rc != RC_OK || state != HANDLE_LIVE)
        return rc;
    rc = due_erase(c->txn, q->id, &d);
    if (rc == RC_OK)
        rc = message_erase(c->txn, q->id, d.seq);
    if (rc == RC_OK)
        rc = queue_wake_moved(c, q, d.visible_at);
    if (rc == RC_OK)
        queue_count(q, -1, d.visible_at > c->now ? -1 : 0);
    return rc;
}

static enum op_end run(struct call *c, const void *input)
{
    const struct delete_in *req = input;
    return batch_single(c, req->queue_url, req, delete_one);
}

static enum op_end run_batch(struct call *c, const void *input)
{
    return batch_run(c, input,
                     &(struct batch){.operation = "DeleteMessageBatch",
                                     .rows = entry_rows,
                                     .size = sizeof(struct delete_in),
                                     .one = delete_one});
}

const struct op_row sqs_delete_message = {
    .name = "DeleteMessage", .run = run, .in = in, .in_size = sizeof(struct delete_in), .flags = OP_SILENT};

const struct op_row sqs_delete_message_batch = {.name = "DeleteMessageBatch",
                                                .run = run_batch,
                                                .in = batch_rows,
                                                .in_size = sizeof(struct batch_in),
                                                .out = batch_out};
