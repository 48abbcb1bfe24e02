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
    cJSON *merged = queue_attrs_merge(q->attributes, req->attributes);
    struct queue_row row = queue_row_of(q);
    row.attributes = merged, row.modified = c->now;
    enum rc rc = queue_write(c->txn, &row);
    if (rc != RC_OK) {
        cJSON_Delete(merged);
        return call_broke(c, rc);
    }
    q->modified = c->now;
    queue_set_attributes(q, merged);
    return OP_DONE;
}

const struct op_row sqs_set_queue_attributes = {
    .name = "SetQueueAttributes", .run = run, .in = in, .in_size = sizeof(struct set_queue_attributes_in)};
