/* TagResource, UntagResource and ListTagsOfResource, for tables.  Limit: 50 tags. */
#include "base/map.h"
#include "catalog.h"
#include "dynamodb.h"
#include "ops.h"
#include "table_in.h"

struct tags_in {
    struct str arn, token;
    const cJSON *tags, *keys;
};

#define IN_ARN IN_STR(tags_in, arn, "ResourceArn", .flags = SHAPE_REQ, .min = 1, .max = 1283)

static const struct shape_row key_rows[] = {OUT(SHAPE_STR, "member", .min = 1, .max = 128), SHAPE_END};
static const struct shape_row tag_in[] = {
    IN_ARN, IN_LIST(tags_in, tags, "Tags", .flags = SHAPE_REQ, .of = table_tags_rows), SHAPE_END};
static const struct shape_row untag_in[] = {
    IN_ARN, IN_LIST(tags_in, keys, "TagKeys", .flags = SHAPE_REQ, .of = key_rows), SHAPE_END};
static const struct shape_row list_in[] = {IN_ARN, IN_STR(tags_in, token, "NextToken"), SHAPE_END};

static bool missing(struct call *c, struct str arn, struct table **t, enum op_end *end)
{
    enum rc rc = str_starts(arn, STR("arn:")) && table_name_valid(arn) ? catalog_table(c, arn, t) : RC_BAD;
    if (rc == RC_OK)
        return false;
    if (rc == RC_BAD)
        *end = call_fail(c, &fault_validation, "Invalid TableArn: Invalid ResourceArn provided as input %.*s",
                         STR_ARG(arn));
    else if (rc == RC_NONE)
        *end = call_fail(c, &ddb_not_found, "Requested resource not found: ResourcArn: %.*s not found",
                         STR_ARG(arn));
    else
        *end = call_broke(c, rc);
    return true;
}

static const char *key_of(const cJSON *tag)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tag, "Key"));
}

static void remove_tags(cJSON *tags, const cJSON *keys)
{
    struct map gone;
    const cJSON *key;
    map_init(&gone);
    cJSON_ArrayForEach (key, keys)
        map_put(&gone, json_text(key), &gone);
    for (cJSON *at = tags->child, *next; at; at = next) {
        next = at->next;
        if (map_get(&gone, str_z(key_of(at))))
            cJSON_Delete(cJSON_DetachItemViaPointer(tags, at));
    }
    map_release(&gone);
}

/* Stops when there are too many. */
static void add_tags(cJSON *tags, const cJSON *more)
{
    const cJSON *at;
    cJSON *old;
    cJSON_ArrayForEach (at, more) {
        if (cJSON_GetArraySize(tags) > TABLE_TAGS_MAX)
            return;
        cJSON_ArrayForEach (old, tags)
            if (strcmp(key_of(old), key_of(at)) == 0)
                break;
        if (old)
            cJSON_Delete(cJSON_DetachItemViaPointer(tags, old));
        cJSON_AddItemToArray(tags, json_copy(at));
    }
}

static enum op_end change(struct call *c, const void *input)
{
    const struct tags_in *req = input;
    struct wrong w = wrong_none(&c->arena);
    struct table *t;
    enum op_end end;
    if (missing(c, req->arn, &t, &end))
        return end;
    cJSON *def = json_copy(t->def), *tags = cJSON_GetObjectItemCaseSensitive(def, "Tags");
    if (!tags)
        tags = cJSON_AddArrayToObject(def, "Tags");
    remove_tags(tags, req->keys);
    add_tags(tags, req->tags);
    if (!table_in_check_tags(tags, &w)) {
        cJSON_Delete(def);
        return wrong_end(c, &w);
    }
    enum rc rc = catalog_save(c, def, &t);
    return rc == RC_OK ? OP_DONE : catalog_broke(c, rc);
}

static enum op_end list(struct call *c, const void *input)
{
    const struct tags_in *req = input;
    struct table *t;
    enum op_end end;
    if (missing(c, req->arn, &t, &end))
        return end;
    const cJSON *tags = cJSON_GetObjectItemCaseSensitive(t->def, "Tags");
    cJSON_AddItemToObject(call_out(c), "Tags", tags ? json_copy(tags) : cJSON_CreateArray());
    return OP_DONE;
}

const struct op_row ddb_tag_resource = {"TagResource", change, tag_in, sizeof(struct tags_in),
                                        .flags = OP_SILENT};
const struct op_row ddb_untag_resource = {"UntagResource", change, untag_in, sizeof(struct tags_in),
                                          .flags = OP_SILENT};
const struct op_row ddb_list_tags_of_resource = {"ListTagsOfResource", list, list_in, sizeof(struct tags_in),
                                                 .flags = 0};
