/* GetQueueUrl: the URL of a queue of this name, as the host that the client used. */
#include "fault.h"
#include "model.h"
#include "op.h"

struct get_queue_url_in {
    struct str name, owner;
};

static const struct shape_row in[] = {
    IN_STR(get_queue_url_in, name, "QueueName", .flags = SHAPE_REQ),
    IN_STR(get_queue_url_in, owner, "QueueOwnerAWSAccountId"),
    SHAPE_END,
};
static const struct shape_row out[] = {OUT(SHAPE_STR, "QueueUrl"), SHAPE_END};

static enum op_end run(struct call *c, const void *input)
{
    const struct get_queue_url_in *req = input;
    const struct queue *q = queue_by_name(c, req->owner.p ? req->owner : c->account, req->name);
    if (!q)
        return OP_FAULT;
    cJSON_AddStringToObject(call_out(c), "QueueUrl", queue_url(c, q).p);
    return OP_DONE;
}

const struct op_row sqs_get_queue_url = {
    .name = "GetQueueUrl", .run = run, .in = in, .in_size = sizeof(struct get_queue_url_in), .out = out};
