/* TagQueue, UntagQueue, ListQueueTags.  At most 50 tags. */
#include "fault.h"
#include "model.h"
#include "op.h"

struct tags_in {
    struct str queue_url;
    const cJSON *tags, *keys;
};

static const struct shape_row text_value[] = {OUT(SHAPE_STR, "Value"), SHAPE_END};
static const struct shape_row key_row[] = {OUT(SHAPE_STR, "TagKey"), SHAPE_END};

static const struct shape_row tag_in[] = {
    IN_STR(tags_in, queue_url, "QueueUrl", .flags = SHAPE_REQ),
    IN_MAP(tags_in, tags, "Tags", .flags = SHAPE_REQ | SHAPE_FLAT, .of = text_value, .wire = "Tag",
           .key_wire = "Key", .value_wire = "Value"),
    SHAPE_END,
};
static const struct shape_row untag_in[] = {
    IN_STR(tags_in, queue_url, "QueueUrl", .flags = SHAPE_REQ),
    IN_LIST(tags_in, keys, "TagKeys", .flags = SHAPE_REQ | SHAPE_FLAT, .of = key_row, .wire = "TagKey"),
    SHAPE_END,
};
static const struct shape_row list_in[] = {
    IN_STR(tags_in, queue_url, "QueueUrl", .flags = SHAPE_REQ),
    SHAPE_END,
};
static const struct shape_row list_out[] = {
    OUT(SHAPE_MAP, "Tags", .flags = SHAPE_FLAT, .of = text_value, .wire = "Tag", .key_wire = "Key",
        .value_wire = "Value"),
    SHAPE_END,
};

/* Stores the queue with these tags; they are moved. */
static enum op_end set_tags(struct call *c, struct queue *q, cJSON *tags)
{
    struct queue_row row = queue_row_of(q);
    row.tags = tags;
    enum rc rc = queue_write(c->txn, &row);
    if (rc == RC_OK) {
        queue_set_tags(q, tags);
        return OP_DONE;
    }
    cJSON_Delete(tags);
    return call_broke(c, rc);
}

static enum op_end run_tag(struct call *c, const void *input)
{
    const struct tags_in *req = input;
    struct queue *q = queue_by_url(c, req->queue_url);
    if (!q || !tags_fit(c, req->tags))
        return OP_FAULT;
    cJSON *tags = json_copy(q->tags);
    const cJSON *tag;
    cJSON_ArrayForEach (tag, req->tags) {
        cJSON_DeleteItemFromObjectCaseSensitive(tags, tag->string);
        cJSON_AddStringToObject(tags, tag->string, tag->valuestring);
    }
    if (cJSON_GetArraySize(tags) > MAX_TAGS) {
        cJSON_Delete(tags);
        return fail_tags(c, q->name);
    }
    return set_tags(c, q, tags);
}

static enum op_end run_untag(struct call *c, const void *input)
{
    const struct tags_in *req = input;
    struct queue *q = queue_by_url(c, req->queue_url);
    if (!q)
        return OP_FAULT;
    cJSON *tags = json_copy(q->tags);
    const cJSON *key;
    cJSON_ArrayForEach (key, req->keys)
        cJSON_DeleteItemFromObjectCaseSensitive(tags, key->valuestring);
    return set_tags(c, q, tags);
}

static enum op_end run_list(struct call *c, const void *input)
{
    const struct tags_in *req = input;
    const struct queue *q = queue_by_url(c, req->queue_url);
    if (!q)
        return OP_FAULT;
    if (q->tags->child)
        cJSON_AddItemToObject(call_out(c), "Tags", json_copy(q->tags));
    return OP_DONE;
}

const struct op_row sqs_tag_queue = {
    .name = "TagQueue", .run = run_tag, .in = tag_in, .in_size = sizeof(struct tags_in), .flags = OP_SILENT};
const struct op_row sqs_untag_queue = {.name = "UntagQueue",
                                       .run = run_untag,
                                       .in = untag_in,
                                       .in_size = sizeof(struct tags_in),
                                       .flags = OP_SILENT};
const struct op_row sqs_list_queue_tags = {.name = "ListQueueTags",
                                           .run = run_list,
                                           .in = list_in,
                                           .in_size = sizeof(struct tags_in),
                                           .out = list_out};
