/* TagResource, UntagResource, ListTagsForResource.  A topic has at most 50 tags. */
#include "fault.h"
#include "model.h"
#include "op.h"
#include "tag.h"

static const struct shape_row tag_members[] = {
    OUT(SHAPE_STR, "Key", .flags = SHAPE_REQ, .min = 1, .max = 128),
    OUT(SHAPE_STR, "Value", .flags = SHAPE_REQ, .max = 256), SHAPE_END};
const struct shape_row sns_tag_row[] = {OUT(SHAPE_STRUCT, "Tag", .of = tag_members), SHAPE_END};
static const struct shape_row key_row[] = {OUT(SHAPE_STR, "TagKey", .min = 1, .max = 128), SHAPE_END};

struct tags_in {
    struct str arn;
    const cJSON *tags, *keys;
};

static const struct shape_row tag_in[] = {
    IN_STR(tags_in, arn, "ResourceArn", .flags = SHAPE_REQ),
    IN_LIST(tags_in, tags, "Tags", .flags = SHAPE_REQ, .of = sns_tag_row),
    SHAPE_END,
};
static const struct shape_row untag_in[] = {
    IN_STR(tags_in, arn, "ResourceArn", .flags = SHAPE_REQ),
    IN_LIST(tags_in, keys, "TagKeys", .flags = SHAPE_REQ, .of = key_row),
    SHAPE_END,
};
static const struct shape_row list_in[] = {
    IN_STR(tags_in, arn, "ResourceArn", .flags = SHAPE_REQ),
    SHAPE_END,
};
static const struct shape_row nothing[] = {SHAPE_END};
static const struct shape_row list_out[] = {OUT(SHAPE_LIST, "Tags", .of = sns_tag_row), SHAPE_END};

cJSON *tags_read(struct call *c, const cJSON *list)
{
    cJSON *tags = cJSON_CreateObject();
    const cJSON *tag;
    cJSON_ArrayForEach (tag, list) {
        const char *key = attribute_of(tag, "Key").p;
        if (cJSON_GetObjectItemCaseSensitive(tags, key)) {
            fail_parameter(c, "Duplicated keys are not allowed.");
            cJSON_Delete(tags);
            return NULL;
        }
        cJSON_AddStringToObject(tags, key, attribute_of(tag, "Value").p);
    }
    if (cJSON_GetArraySize(tags) > MAX_TAGS) {
        call_fail(c, &sns_tag_limit, NULL);
        cJSON_Delete(tags);
        return NULL;
    }
    return tags;
}

static struct topic *resource(struct call *c, struct str arn)
{
    struct topic *t = topic_find(c, arn);
    if (!t && !c->fault)
        call_fail(c, &sns_resource_not_found, NULL);
    return t;
}

/* Stores the topic with these tags; they are moved. */
static enum op_end set_tags(struct call *c, struct topic *t, cJSON *tags)
{
    struct topic_row row = topic_row_of(t);
    row.tags = tags;
    enum rc rc = topic_write(c->txn, &row);
    if (rc == RC_OK) {
        topic_set_tags(t, tags);
        return OP_DONE;
    }
    cJSON_Delete(tags);
    return call_broke(c, rc);
}

static enum op_end run_tag(struct call *c, const void *input)
{
    const struct tags_in *req = input;
    struct topic *t = resource(c, req->arn);
    cJSON *given = t ? tags_read(c, req->tags) : NULL;
    if (!given)
        return OP_FAULT;
    cJSON *tags = json_copy(t->tags);
    const cJSON *v;
    cJSON_ArrayForEach (v, given) {
        cJSON_DeleteItemFromObjectCaseSensitive(tags, v->string);
        cJSON_AddStringToObject(tags, v->string, v->valuestring);
    }
    cJSON_Delete(given);
    if (cJSON_GetArraySize(tags) > MAX_TAGS) {
        cJSON_Delete(tags);
        return call_fail(c, &sns_tag_limit, NULL);
    }
    return set_tags(c, t, tags);
}

static enum op_end run_untag(struct call *c, const void *input)
{
    const struct tags_in *req = input;
    struct topic *t = resource(c, req->arn);
    if (!t)
        return OP_FAULT;
    cJSON *tags = json_copy(t->tags);
    const cJSON *key;
    cJSON_ArrayForEach (key, req->keys)
        cJSON_DeleteItemFromObjectCaseSensitive(tags, key->valuestring);
    return set_tags(c, t, tags);
}

static enum op_end run_list(struct call *c, const void *input)
{
    const struct tags_in *req = input;
    const struct topic *t = resource(c, req->arn);
    if (!t)
        return OP_FAULT;
    cJSON *list = cJSON_AddArrayToObject(call_out(c), "Tags");
    const cJSON *tag;
    cJSON_ArrayForEach (tag, t->tags) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "Key", tag->string);
        cJSON_AddStringToObject(o, "Value", tag->valuestring);
        cJSON_AddItemToArray(list, o);
    }
    return OP_DONE;
}

const struct op_row sns_tag_resource = {
    .name = "TagResource", .run = run_tag, .in = tag_in, .in_size = sizeof(struct tags_in), .out = nothing};
const struct op_row sns_untag_resource = {.name = "UntagResource",
                                          .run = run_untag,
                                          .in = untag_in,
                                          .in_size = sizeof(struct tags_in),
                                          .out = nothing};
const struct op_row sns_list_tags_for_resource = {.name = "ListTagsForResource",
                                                  .run = run_list,
                                                  .in = list_in,
                                                  .in_size = sizeof(struct tags_in),
                                                  .out = list_out};
