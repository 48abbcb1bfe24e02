/* SendMessageBatch: up to 10 messages, 1 MiB in total; each may fail alone. */
#include "batch.h"
#include "fault.h"
#include "message_attr.h"
#include "op.h"
#include "send.h"

struct entry {
    struct str id;
    struct send message;
};

static const struct shape_row entry_rows[] = {
    IN_STR(entry, id, "Id", .flags = SHAPE_REQ),
    IN_STR(entry, message.body, "MessageBody", .flags = SHAPE_REQ),
    IN_INT(entry, message.delay, "DelaySeconds", .max = 900),
    IN_MAP(entry, message.attributes, "MessageAttributes", .flags = SHAPE_FLAT, .of = message_attr_value,
           .wire = "MessageAttribute", .key_wire = "Name", .value_wire = "Value"),
    IN_MAP(entry, message.system, "MessageSystemAttributes", .flags = SHAPE_FLAT, .of = message_attr_value,
           .wire = "MessageSystemAttribute", .key_wire = "Name", .value_wire = "Value"),
    IN_STR(entry, message.deduplication, "MessageDeduplicationId"),
    IN_STR(entry, message.group, "MessageGroupId"),
    SHAPE_END,
};

/* The same members, of which only the types are checked with the whole request: what else is wrong with an
 * entry fails that entry alone. */
static const struct shape_row loose_rows[] = {
    OUT(SHAPE_STR, "Id"),
    OUT(SHAPE_STR, "MessageBody", .flags = SHAPE_ZEROS),
    OUT(SHAPE_INT, "DelaySeconds"),
    OUT(SHAPE_MAP, "MessageAttributes", .flags = SHAPE_FLAT | SHAPE_ZEROS, .of = message_attr_value,
        .wire = "MessageAttribute", .key_wire = "Name", .value_wire = "Value"),
    OUT(SHAPE_MAP, "MessageSystemAttributes", .flags = SHAPE_FLAT, .of = message_attr_value,
        .wire = "MessageSystemAttribute", .key_wire = "Name", .value_wire = "Value"),
    OUT(SHAPE_STR, "MessageDeduplicationId"),
    OUT(SHAPE_STR, "MessageGroupId"),
    SHAPE_END,
};
static const struct shape_row entry_row[] = {
    OUT(SHAPE_STRUCT, "SendMessageBatchRequestEntry", .of = loose_rows), SHAPE_END};

static const struct shape_row in[] = {
    IN_STR(batch_in, queue_url, "QueueUrl", .flags = SHAPE_REQ),
    IN_LIST(batch_in, entries, "Entries", .flags = SHAPE_FLAT, .of = entry_row,
            .wire = "SendMessageBatchRequestEntry"),
    SHAPE_END,
};

static const struct shape_row sent_rows[] = {
    OUT(SHAPE_STR, "Id"),
    OUT(SHAPE_STR, "MessageId"),
    OUT(SHAPE_STR, "MD5OfMessageBody"),
    OUT(SHAPE_STR, "MD5OfMessageAttributes"),
    OUT(SHAPE_STR, "MD5OfMessageSystemAttributes"),
    SHAPE_END,
};
static const struct shape_row sent_row[] = {OUT(SHAPE_STRUCT, "SendMessageBatchResultEntry", .of = sent_rows),
                                            SHAPE_END};
static const struct shape_row out[] = {
    OUT(SHAPE_LIST, "Successful", .flags = SHAPE_FLAT, .of = sent_row, .wire = "SendMessageBatchResultEntry"),
    OUT(SHAPE_LIST, "Failed", .flags = SHAPE_FLAT, .of = batch_failed_row, .wire = "BatchResultErrorEntry"),
    SHAPE_END,
};

static bool total_fits(struct call *c, const cJSON *entries)
{
    size_t total = 0;
    const cJSON *e;
    cJSON_ArrayForEach (e, entries) {
        struct send s = {.attributes = cJSON_GetObjectItemCaseSensitive(e, "MessageAttributes")};
        s.body = json_text(cJSON_GetObjectItemCaseSensitive(e, "MessageBody"));
        total += send_size(&s);
    }
    if (total > MESSAGE_BYTES)
        call_fail(c, &sqs_batch_request_too_long,
                  "Batch requests cannot be longer than %d bytes. You have sent %zu bytes.", MESSAGE_BYTES,
                  total);
    return total <= MESSAGE_BYTES;
}

/* The model has moved on with each message; a later failure of the store drops it. */
static enum rc send_one(struct call *c, struct queue *q, const void *input, cJSON *ok, enum op_end *end)
{
    const struct entry *e = input;
    *end = send_check(c, q, &e->message);
    return *end == OP_DONE ? send_message(c, q, &e->message, ok) : RC_OK;
}

static enum op_end run(struct call *c, const void *input)
{
    return batch_run(c, input,
                     &(struct batch){.operation = "SendMessageBatch",
                                     .rows = entry_rows,
                                     .size = sizeof(struct entry),
                                     .fits = total_fits,
                                     .one = send_one});
}

const struct op_row sqs_send_message_batch = {
    .name = "SendMessageBatch", .run = run, .in = in, .in_size = sizeof(struct batch_in), .out = out};
