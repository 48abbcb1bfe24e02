/* DeleteTopic, GetTopicAttributes, SetTopicAttributes, ListTopics. */
#include "attr.h"
#include "fault.h"
#include "op.h"
#include "page.h"

struct topic_in {
    struct str arn, name, value;
};

static const struct shape_row arn_in[] = {
    IN_STR(topic_in, arn, "TopicArn", .flags = SHAPE_REQ),
    SHAPE_END,
};
static const struct shape_row set_in[] = {
    IN_STR(topic_in, arn, "TopicArn", .flags = SHAPE_REQ),
    IN_STR(topic_in, name, "AttributeName", .flags = SHAPE_REQ),
    IN_STR(topic_in, value, "AttributeValue"),
    SHAPE_END,
};
static const struct shape_row text_value[] = {OUT(SHAPE_STR, "value"), SHAPE_END};
static const struct shape_row get_out[] = {OUT(SHAPE_MAP, "Attributes", .of = text_value), SHAPE_END};

/* Deleting what is not there succeeds. */
static enum op_end run_delete(struct call *c, const void *input)
{
    const struct topic_in *req = input;
    if (!topic_arn_check(c, req->arn, "TopicArn"))
        return OP_FAULT;
    struct topic *t = topic_find(c, req->arn);
    if (!t)
        return c->fault ? OP_FAULT : OP_DONE;
    struct topic_row row = topic_row_of(t);
    enum rc rc = topic_erase(c, &row);
    if (rc != RC_OK)
        return call_broke(c, rc);
    topic_remove(t);
    return OP_DONE;
}

static enum op_end run_get(struct call *c, const void *input)
{
    const struct topic_in *req = input;
    const struct topic *t = topic_by_arn(c, req->arn, "TopicArn");
    if (!t)
        return OP_FAULT;
    topic_attrs_out(c, t, cJSON_AddObjectToObject(call_out(c), "Attributes"));
    return OP_DONE;
}

static enum op_end run_set(struct call *c, const void *input)
{
    const struct topic_in *req = input;
    struct topic *t = topic_by_arn(c, req->arn, "TopicArn");
    if (!t)
        return OP_FAULT;
    cJSON *given = cJSON_CreateObject();
    cJSON_AddStringToObject(given, req->name.p, req->value.p ? req->value.p : "");
    enum op_end end = topic_attrs_check(c, given, false) ? topic_attrs_put(c, t, given) : OP_FAULT;
    cJSON_Delete(given);
    return end;
}

/* --- ListTopics */

static const struct shape_row list_in[] = {
    IN_STR(page_in, token, "NextToken"),
    SHAPE_END,
};
static const struct shape_row topic_members[] = {OUT(SHAPE_STR, "TopicArn"), SHAPE_END};
static const struct shape_row topic_row_shape[] = {OUT(SHAPE_STRUCT, "Topic", .of = topic_members),
                                                   SHAPE_END};
static const struct shape_row list_out[] = {
    OUT(SHAPE_LIST, "Topics", .of = topic_row_shape),
    OUT(SHAPE_STR, "NextToken"),
    SHAPE_END,
};

static enum op_end run_list(struct call *c, const void *input)
{
    const struct page_in *req = input;
    struct sns *m = sns_of(c);
    struct page p;
    if (!m || !page_begin(c, &p, req->token, "Topics"))
        return OP_FAULT;
    struct map_entry *at = m->topics.first;
    const struct topic *t;
    while ((t = map_each(&at, NULL))) {
        if (!str_eq(t->account, c->account) || !str_eq(t->region, c->region) || !page_takes(&p))
            continue;
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "TopicArn", t->arn.p);
        cJSON_AddItemToArray(p.list, o);
    }
    page_end(c, &p);
    return OP_DONE;
}

const struct op_row sns_delete_topic = {
    .name = "DeleteTopic", .run = run_delete, .in = arn_in, .in_size = sizeof(struct topic_in)};
const struct op_row sns_get_topic_attributes = {.name = "GetTopicAttributes",
                                                .run = run_get,
                                                .in = arn_in,
                                                .in_size = sizeof(struct topic_in),
                                                .out = get_out};
const struct op_row sns_set_topic_attributes = {
    .name = "SetTopicAttributes", .run = run_set, .in = set_in, .in_size = sizeof(struct topic_in)};
const struct op_row sns_list_topics = {
    .name = "ListTopics", .run = run_list, .in = list_in, .in_size = sizeof(struct page_in), .out = list_out};
