/* TagResource, UntagResource and ListTagsOfResource, for tables.  Limit: 50 tags. */
#include "catalog.h"
#include "dynamodb.h"
#include "ops.h"
#include "table_in.h"

#define TAGS_MAX 50

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

static void remove_tag(cJSON *tags, const char *key)
{
    for (cJSON *at = tags->child, *next; at; at = next) {
        next = at->next;
        if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(at, "Key")), key) == 0)
            cJSON_Delete(cJSON_DetachItemViaPointer(tags, at));
    }
}

static enum op_end change(struct call *c, const void *input)
{
    const struct tags_in *req = input;
    const cJSON *at;
    struct table *t;
    enum op_end end;
    if (missing(c, req->arn, &t, &end))
        return end;
    cJSON *def = cJSON_Duplicate(t->def, true), *tags = cJSON_GetObjectItemCaseSensitive(def, "Tags");
    if (!tags)
        tags = cJSON_AddArrayToObject(def, "Tags");
    cJSON_ArrayForEach (at, req->keys)
        remove_tag(tags, at->valuestring);
    cJSON_ArrayForEach (at, req->tags) {
        remove_tag(tags, cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(at, "Key")));
        cJSON_AddItemToArray(tags, cJSON_Duplicate(at, true));
    }
    if (cJSON_GetArraySize(tags) > TAGS_MAX) {
        cJSON_Delete(def);
        return call_fail(c, &fault_validation,
                         "One or more parameter values were invalid: Too many tags: at most %d", TAGS_MAX);
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
    cJSON_AddItemToObject(call_out(c), "Tags", tags ? cJSON_Duplicate(tags, true) : cJSON_CreateArray());
    return OP_DONE;
}

const struct op_row ddb_tag_resource = {"TagResource", change, tag_in, sizeof(struct tags_in), .flags = 0};
const struct op_row ddb_untag_resource = {"UntagResource", change, untag_in, sizeof(struct tags_in),
                                          .flags = 0};
const struct op_row ddb_list_tags_of_resource = {"ListTagsOfResource", list, list_in, sizeof(struct tags_in),
                                                 .flags = 0};
