/* SetQueueAttributes: what is given changes, the rest stays; an empty text takes a policy away. */
#include "attr.h"
#include "fault.h"
#include "op.h"

struct set_queue_attributes_in {
    struct str queue_url;
    const cJSON *attributes;
};

static const struct shape_row text_value[] = {OUT(SHAPE_STR, "Value"), SHAPE_END};
static const struct shape_row in[] = {
    IN_STR(set_queue_attributes_in, queue_url, "QueueUrl", .flags = SHAPE_REQ),
    IN_MAP(set_queue_attributes_in, attributes, "Attributes", .flags = SHAPE_REQ | SHAPE_FLAT,
           .of = text_value, .wire = "Attribute", .key_wire = "Name", .value_wire = "Value"),
    SHAPE_END,
};

static enum op_end run(struct call *c, const void *input)
{
    const struct set_queue_attributes_in *req = input;
    struct queue *q = queue_by_url(c, req->queue_url);
    if (!q || !queue_attrs_check(c, q->arn, req->attributes))
        return OP_FAULT;
    return queue_attrs_put(c, q, req->attributes);
}

const struct op_row sqs_set_queue_attributes = {.name = "SetQueueAttributes",
                                                .run = run,
                                                .in = in,
                                                .in_size = sizeof(struct set_queue_attributes_in),
                                                .flags = OP_SILENT};
