/* SendMessage: put one message on a queue.  Limits: 1 byte .. 1 MiB with its attributes, delay 0 .. 900 s. */
#include "fault.h"
#include "message_attr.h"
#include "op.h"
#include "send.h"

struct send_message_in {
    struct str queue_url;
    struct send message;
};

static const struct shape_row in[] = {
    IN_STR(send_message_in, queue_url, "QueueUrl", .flags = SHAPE_REQ),
    IN_STR(send_message_in, message.body, "MessageBody", .flags = SHAPE_REQ | SHAPE_ZEROS),
    IN_INT(send_message_in, message.delay, "DelaySeconds", .max = 900),
    IN_MAP(send_message_in, message.attributes, "MessageAttributes", .flags = SHAPE_FLAT | SHAPE_ZEROS,
           .of = message_attr_value, .wire = "MessageAttribute", .key_wire = "Name", .value_wire = "Value"),
    IN_MAP(send_message_in, message.system, "MessageSystemAttributes", .flags = SHAPE_FLAT,
           .of = message_attr_value, .wire = "MessageSystemAttribute", .key_wire = "Name",
           .value_wire = "Value"),
    IN_STR(send_message_in, message.deduplication, "MessageDeduplicationId"),
    IN_STR(send_message_in, message.group, "MessageGroupId"),
    SHAPE_END,
};

static const struct shape_row out[] = {
    OUT(SHAPE_STR, "MD5OfMessageBody"),
    OUT(SHAPE_STR, "MD5OfMessageAttributes"),
    OUT(SHAPE_STR, "MD5OfMessageSystemAttributes"),
    OUT(SHAPE_STR, "MessageId"),
    SHAPE_END,
};

static enum op_end run(struct call *c, const void *input)
{
    const struct send_message_in *req = input;
    struct queue *q = queue_by_url(c, req->queue_url);
    if (!q || send_check(c, q, &req->message) == OP_FAULT)
        return OP_FAULT;
    enum rc rc = send_message(c, q, &req->message, call_out(c));
    if (rc != RC_OK)
        return call_broke(c, rc);
    return OP_DONE;
}

const struct op_row sqs_send_message = {.name = "SendMessage",
                                        .run = run,
                                        .in = in,
                                        .in_size = sizeof(struct send_message_in),
                                        .out = out,
                                        .flags = OP_DELIVERS};
