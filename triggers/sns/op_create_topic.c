/* CreateTopic: makes a topic, or answers with the one that is there when attributes and tags agree with it.
 *
 * PutTopic (inside): make it so.  Attributes and tags become exactly those given; a topic that is so already
 * is left untouched. */
#include "attr.h"
#include "fault.h"
#include "op.h"
#include "tag.h"
#include <ctype.h>

struct create_topic_in {
    struct str name, data_protection;
    const cJSON *attributes, *tags;
};

static const struct shape_row text_value[] = {OUT(SHAPE_STR, "value"), SHAPE_END};

static const struct shape_row in[] = {
    IN_STR(create_topic_in, name, "Name", .flags = SHAPE_REQ | SHAPE_ZEROS),
    IN_MAP(create_topic_in, attributes, "Attributes", .of = text_value),
    IN_LIST(create_topic_in, tags, "Tags", .of = sns_tag_row),
    IN_STR(create_topic_in, data_protection, "DataProtectionPolicy"),
    SHAPE_END,
};

static const struct shape_row out[] = {OUT(SHAPE_STR, "TopicArn"), SHAPE_END};

static bool name_fits(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!isalnum((unsigned char)name.p[i]) && name.p[i] != '-' && name.p[i] != '_')
            return false;
    return name.n >= 1 && name.n <= 256;
}

/* What both operations check; the tags as an object, or NULL with the call's fault. */
static cJSON *check(struct call *c, const struct create_topic_in *req)
{
    if (str_ends(req->name, STR(".fifo")))
        fail_parameter(c, "Topic Name Reason: FIFO topics are not supported by tidepool yet");
    else if (!name_fits(req->name))
        fail_parameter(c, "Topic Name");
    else if (req->data_protection.p)
        fail_parameter(c, "DataProtectionPolicy Reason: not supported by tidepool yet");
    else if (topic_attrs_check(c, req->attributes, true))
        return tags_read(c, req->tags);
    return NULL;
}

static cJSON *wanted_attributes(const struct create_topic_in *req)
{
    cJSON *attributes = attributes_merge(NULL, req->attributes);
    cJSON_DeleteItemFromObjectCaseSensitive(attributes, "FifoTopic"); /* "false" says what is so */
    return attributes;
}

/* All tags that are given are there; there may be more. */
static bool tags_agree(const cJSON *given, const cJSON *have)
{
    const cJSON *v;
    cJSON_ArrayForEach (v, given)
        if (!str_eq(attribute_of(have, v->string), json_text(v)))
            return false;
    return true;
}

/* What is given must be what is there; what is not given may be anything. */
static bool agrees(struct call *c, const struct topic *t, const struct create_topic_in *req,
                   const cJSON *tags)
{
    cJSON *given = wanted_attributes(req);
    bool same = true;
    const cJSON *v;
    cJSON_ArrayForEach (v, given)
        same = same && str_is(attribute_of(t->attributes, v->string), v->valuestring);
    cJSON_Delete(given);
    if (!same)
        fail_parameter(c, "Attributes Reason: Topic already exists with different attributes");
    else if (!tags_agree(tags, t->tags))
        fail_parameter(c, "Tags Reason: Topic already exists with different tags");
    return !c->fault;
}

/* Writes first and adds to the model last.  The tags are moved.  NULL: the call has its fault. */
static struct topic *make(struct call *c, const struct create_topic_in *req, cJSON *tags)
{
    cJSON *attributes = wanted_attributes(req);
    struct topic_row row = {.account = c->account,
                            .region = c->region,
                            .name = req->name,
                            .created = c->now,
                            .attributes = attributes,
                            .tags = tags};
    enum rc rc = topic_number(c->txn, &row.number);
    if (rc == RC_OK)
        rc = topic_write(c->txn, &row);
    if (rc == RC_OK)
        return topic_add(sns_of(c), &row, attributes, tags);
    cJSON_Delete(attributes);
    cJSON_Delete(tags);
    call_broke(c, rc);
    return NULL;
}

static enum op_end run(struct call *c, const void *input)
{
    const struct create_topic_in *req = input;
    cJSON *tags = check(c, req);
    if (!tags)
        return OP_FAULT;
    struct topic *t = topic_find(c, topic_arn(&c->arena, c->region, c->account, req->name));
    if (c->fault || (t && !agrees(c, t, req, tags))) {
        cJSON_Delete(tags);
        return OP_FAULT;
    }
    if (t)
        cJSON_Delete(tags);
    else
        t = make(c, req, tags);
    if (!t)
        return OP_FAULT;
    cJSON_AddStringToObject(call_out(c), "TopicArn", t->arn.p);
    return OP_DONE;
}

/* --- PutTopic */

static enum rc change(struct call *c, struct topic *t, const struct create_topic_in *req, cJSON *tags)
{
    cJSON *attributes = wanted_attributes(req);
    bool same = json_equal(attributes, t->attributes) && json_equal(tags, t->tags);
    struct topic_row row = topic_row_of(t);
    row.attributes = attributes, row.tags = tags;
    enum rc rc = same ? RC_OK : topic_write(c->txn, &row);
    if (rc != RC_OK || same) {
        cJSON_Delete(attributes);
        cJSON_Delete(tags);
        return rc;
    }
    topic_set_attributes(t, attributes);
    topic_set_tags(t, tags);
    return RC_OK;
}

static enum op_end run_put(struct call *c, const void *input)
{
    const struct create_topic_in *req = input;
    cJSON *tags = check(c, req);
    if (!tags)
        return OP_FAULT;
    struct topic *t = topic_find(c, topic_arn(&c->arena, c->region, c->account, req->name));
    enum rc rc = RC_OK;
    if (t)
        rc = change(c, t, req, tags);
    else
        t = make(c, req, tags);
    if (rc != RC_OK)
        return call_broke(c, rc);
    if (!t)
        return OP_FAULT;
    cJSON_AddStringToObject(call_out(c), "TopicArn", t->arn.p);
    cJSON_AddStringToObject(call_out(c), "TopicName", t->name.p);
    return OP_DONE;
}

const struct op_row sns_create_topic = {
    .name = "CreateTopic", .run = run, .in = in, .in_size = sizeof(struct create_topic_in), .out = out};
const struct op_row sns_put_topic = {.name = "PutTopic",
                                     .run = run_put,
                                     .in = in,
                                     .in_size = sizeof(struct create_topic_in),
                                     .flags = OP_INTERNAL};
