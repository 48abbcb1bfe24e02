/* GetQueueAttributes: what was set, what is counted, and the times. */
#include "attr.h"
#include "fault.h"
#include "op.h"
#include "redrive.h"
#include <inttypes.h>

struct get_queue_attributes_in {
    struct str queue_url;
    const cJSON *names;
};

static const struct shape_row name_row[] = {OUT(SHAPE_STR, "AttributeName"), SHAPE_END};
static const struct shape_row in[] = {
    IN_STR(get_queue_attributes_in, queue_url, "QueueUrl", .flags = SHAPE_REQ),
    IN_LIST(get_queue_attributes_in, names, "AttributeNames", .flags = SHAPE_FLAT, .of = name_row,
            .wire = "AttributeName"),
    SHAPE_END,
};

static const struct shape_row text_value[] = {OUT(SHAPE_STR, "Value"), SHAPE_END};
static const struct shape_row out[] = {
    OUT(SHAPE_MAP, "Attributes", .flags = SHAPE_FLAT, .of = text_value, .wire = "Attribute",
        .key_wire = "Name", .value_wire = "Value"),
    SHAPE_END,
};

static bool asked(const cJSON *names, const char *name)
{
    const cJSON *e;
    cJSON_ArrayForEach (e, names)
        if (strcmp(e->valuestring, name) == 0 || strcmp(e->valuestring, "All") == 0)
            return true;
    return false;
}

static bool names_known(struct call *c, const cJSON *names)
{
    const cJSON *e;
    cJSON_ArrayForEach (e, names)
        if (strcmp(e->valuestring, "All") != 0 && !queue_attr_find(json_text(e))) {
            call_fail(c, &sqs_invalid_attribute_name, "Unknown Attribute %s.", e->valuestring);
            return false;
        }
    return true;
}

static bool counts_asked(const cJSON *names)
{
    return asked(names, "ApproximateNumberOfMessages") ||
           asked(names, "ApproximateNumberOfMessagesNotVisible") ||
           asked(names, "ApproximateNumberOfMessagesDelayed");
}

static struct str counted_value(struct call *c, const struct queue *q, const char *name,
                                const struct queue_counts *counts)
{
    if (strcmp(name, "QueueArn") == 0)
        return q->arn;
    int64_t n = strcmp(name, "CreatedTimestamp") == 0                        ? q->created / 1000
                : strcmp(name, "LastModifiedTimestamp") == 0                 ? q->modified / 1000
                : strcmp(name, "ApproximateNumberOfMessagesDelayed") == 0    ? counts->delayed
                : strcmp(name, "ApproximateNumberOfMessagesNotVisible") == 0 ? counts->in_flight
                                                                             : counts->visible;
    return arena_printf(&c->arena, "%" PRId64, n);
}

static enum op_end run(struct call *c, const void *input)
{
    const struct get_queue_attributes_in *req = input;
    struct queue *q = queue_by_url(c, req->queue_url);
    if (!q || !names_known(c, req->names))
        return OP_FAULT;
    struct queue_counts counts = {0};
    bool more = false;
    enum rc rc = counts_asked(req->names) ? retention_sweep(c, q, &more) : RC_OK;
    if (rc == RC_OK && more)
        return OP_MORE;
    if (rc == RC_OK && counts_asked(req->names))
        rc = queue_counts_now(c, q, &counts);
    if (rc != RC_OK)
        return call_broke(c, rc);
    cJSON *o = NULL;
    for (const struct queue_attr *a = queue_attrs; a->name; a++) {
        if (!asked(req->names, a->name))
            continue;
        struct str value = a->kind == ATTR_COUNTED ? counted_value(c, q, a->name, &counts)
                                                   : queue_attr_value(q->attributes, a);
        if (!value.p)
            continue;
        o = o ? o : cJSON_AddObjectToObject(call_out(c), "Attributes");
        cJSON_AddStringToObject(o, a->name, value.p);
    }
    return OP_DONE;
}

const struct op_row sqs_get_queue_attributes = {.name = "GetQueueAttributes",
                                                .run = run,
                                                .in = in,
                                                .in_size = sizeof(struct get_queue_attributes_in),
                                                .out = out,
                                                .flags = OP_QUIET};
