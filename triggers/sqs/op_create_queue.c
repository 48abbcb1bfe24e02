/* CreateQueue: makes a queue, or answers with the one that is there when all given attributes agree with it.
 * With --strict-limits a name is free again 60 s after its queue was deleted.
 *
 * PutQueue (inside): make it so.  Attributes that are not given go back to their defaults, tags are replaced;
 * a queue that is so already is left untouched. */
#include "attr.h"
#include "fault.h"
#include "op.h"
#include <ctype.h>

struct create_queue_in {
    struct str name;
    const cJSON *attributes, *tags;
};

static const struct shape_row text_value[] = {OUT(SHAPE_STR, "Value"), SHAPE_END};

static const struct shape_row in[] = {
    IN_STR(create_queue_in, name, "QueueName", .flags = SHAPE_REQ | SHAPE_ZEROS),
    IN_MAP(create_queue_in, attributes, "Attributes", .flags = SHAPE_FLAT, .of = text_value,
           .wire = "Attribute", .key_wire = "Name", .value_wire = "Value"),
    IN_MAP(create_queue_in, tags, "tags", .flags = SHAPE_FLAT, .of = text_value, .wire = "Tag",
           .key_wire = "Key", .value_wire = "Value"),
    SHAPE_END,
};

static const struct shape_row out[] = {OUT(SHAPE_STR, "QueueUrl"), SHAPE_END};

static bool check_name(struct call *c, struct str name)
{
    if (str_ends(name, STR(".fifo"))) {
        call_fail(c, &sqs_invalid_parameter_value,
                  "The queue name %.*s is not valid. FIFO queues are not supported by tidepool yet.",
                  STR_ARG(name));
        return false;
    }
    bool fits = name.n >= 1 && name.n <= 80;
    for (size_t i = 0; fits && i < name.n; i++)
        fits = isalnum((unsigned char)name.p[i]) || name.p[i] == '-' || name.p[i] == '_';
    if (!fits)
        call_fail(c, &sqs_invalid_parameter_value,
                  "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
    return fits;
}

static bool same_values(struct call *c, const struct queue *q, const cJSON *given)
{
    const cJSON *v;
    cJSON_ArrayForEach (v, given) {
        struct str have = queue_attr_value(q->attributes, queue_attr_find(str_z(v->string)));
        if (!str_is(have, v->valuestring) && (have.n || *v->valuestring)) {
            call_fail(c, &sqs_queue_name_exists,
                      "A queue already exists with the same name and a different value for attribute %s",
                      v->string);
            return false;
        }
    }
    return true;
}

/* Writes the row first and adds the queue to the model last.  NULL: the call has its fault. */
static struct queue *make(struct call *c, struct sqs *m, const struct create_queue_in *req)
{
    cJSON *attributes = queue_attrs_merge(NULL, req->attributes);
    cJSON *tags = req->tags ? json_copy(req->tags) : cJSON_CreateObject();
    struct queue_row row = {.account = c->account,
                            .region = c->region,
                            .name = req->name,
                            .created = c->now,
                            .modified = c->now,
                            .attributes = attributes,
                            .tags = tags};
    enum rc rc = queue_next_id(c, m, &row.id);
    row.handle = row.id;
    if (rc == RC_OK)
        rc = queue_write(c->txn, &row);
    if (rc == RC_OK)
        return queue_add(m, &row, attributes, tags);
    cJSON_Delete(attributes);
    cJSON_Delete(tags);
    call_broke(c, rc);
    return NULL;
}

static bool name_is_held(struct call *c, const struct create_queue_in *req)
{
    if (!limits_are_strict(c))
        return false;
    int64_t at;
    struct queue_row row = {.account = c->account, .region = c->region, .name = req->name};
    enum rc rc = queue_gone_at(c->txn, &row, &at);
    if (rc != RC_OK)
        call_broke(c, rc);
    else if (within_a_minute(c, at))
        call_fail(c, &sqs_queue_deleted_recently, NULL);
    return c->fault != NULL;
}

/* What both operations begin with: the model, and the queue of this name if there is one. */
static struct sqs *begin(struct call *c, const struct create_queue_in *req, struct queue **q)
{
    struct sqs *m = sqs_of(c);
    if (!m || !check_name(c, req->name) || !tags_fit(c, req->tags))
        return NULL;
    if (cJSON_GetArraySize(req->tags) > MAX_TAGS) {
        fail_tags(c, req->name);
        return NULL;
    }
    struct str arn = queue_arn(&c->arena, c->region, c->account, req->name);
    *q = queue_by_arn(c, arn);
    return queue_attrs_check(c, arn, req->attributes) ? m : NULL;
}

static enum op_end run(struct call *c, const void *input)
{
    const struct create_queue_in *req = input;
    struct queue *q;
    struct sqs *m = begin(c, req, &q);
    if (!m || (q ? !same_values(c, q, req->attributes) : name_is_held(c, req)))
        return OP_FAULT;
    if (!q)
        q = make(c, m, req);
    if (!q)
        return OP_FAULT;
    cJSON_AddStringToObject(call_out(c), "QueueUrl", queue_url(c, q).p);
    return OP_DONE;
}

/* --- PutQueue */

static enum rc change(struct call *c, struct queue *q, const struct create_queue_in *req)
{
    cJSON *attributes = queue_attrs_merge(NULL, req->attributes);
    cJSON *tags = req->tags ? json_copy(req->tags) : cJSON_CreateObject();
    bool same = json_equal(attributes, q->attributes) && json_equal(tags, q->tags);
    struct queue_row row = queue_row_of(q);
    row.attributes = attributes, row.tags = tags, row.modified = c->now;
    enum rc rc = same ? RC_OK : queue_write(c->txn, &row);
    if (rc != RC_OK || same) {
        cJSON_Delete(attributes);
        cJSON_Delete(tags);
        return rc;
    }
    q->modified = c->now;
    queue_set_attributes(q, attributes);
    queue_set_tags(q, tags);
    return RC_OK;
}

static enum op_end run_put(struct call *c, const void *input)
{
    const struct create_queue_in *req = input;
    struct queue *q;
    struct sqs *m = begin(c, req, &q);
    if (!m)
        return OP_FAULT;
    enum rc rc = q ? change(c, q, req) : RC_OK;
    if (rc != RC_OK)
        return call_broke(c, rc);
    if (!q)
        q = make(c, m, req);
    if (!q)
        return OP_FAULT;
    cJSON_AddStringToObject(call_out(c), "QueueUrl", queue_url(c, q).p);
    cJSON_AddStringToObject(call_out(c), "QueueArn", q->arn.p);
    cJSON_AddStringToObject(call_out(c), "QueueName", q->name.p);
    return OP_DONE;
}

const struct op_row sqs_create_queue = {.name = "CreateQueue",
                                        .run = run,
                                        .in = in,
                                        .in_size = sizeof(struct create_queue_in),
                                        .out = out,
                                        .flags = OP_AT_ROOT};

const struct op_row sqs_put_queue = {.name = "PutQueue",
                                     .run = run_put,
                                     .in = in,
                                     .in_size = sizeof(struct create_queue_in),
                                     .flags = OP_INTERNAL};
