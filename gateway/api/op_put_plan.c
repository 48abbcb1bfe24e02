/* PutUsagePlan, DeleteUsagePlan, PutUsagePlanKey, DeleteUsagePlanKey.  Internal. */
#include "api.h"
#include "rows.h"

struct put_plan_in {
    struct str logical_id, name;
    const cJSON *stages, *throttle, *quota;
};

static const char *const periods[] = {"DAY", "WEEK", "MONTH", NULL};

static const struct shape_row stage_rows[] = {
    OUT(SHAPE_STR, "ApiId", .flags = SHAPE_REQ),
    OUT(SHAPE_STR, "Stage", .flags = SHAPE_REQ),
    SHAPE_END,
};
static const struct shape_row stage_row = {.name = "member", .type = SHAPE_STRUCT, .of = stage_rows};
static const struct shape_row throttle_rows[] = {
    OUT(SHAPE_REAL, "RateLimit"),
    OUT(SHAPE_INT, "BurstLimit"),
    SHAPE_END,
};
static const struct shape_row quota_rows[] = {
    OUT(SHAPE_INT, "Limit", .flags = SHAPE_REQ),
    OUT(SHAPE_STR, "Period", .flags = SHAPE_REQ, .one_of = periods),
    OUT(SHAPE_INT, "Offset"),
    SHAPE_END,
};

static const struct shape_row put_rows[] = {
    IN_STR(put_plan_in, logical_id, "LogicalId", .flags = SHAPE_REQ, .min = 1, .max = 255),
    IN_STR(put_plan_in, name, "Name"),
    IN_LIST(put_plan_in, stages, "ApiStages", .of = &stage_row),
    IN_STRUCT(put_plan_in, throttle, "Throttle", .of = throttle_rows),
    IN_STRUCT(put_plan_in, quota, "Quota", .of = quota_rows),
    SHAPE_END,
};

static enum op_end run_put(struct call *c, const void *input)
{
    const struct put_plan_in *in = input;
    struct str id = rows_id(c, "plan", in->logical_id, 6);
    bool changed;
    enum rc rc = rows_put(c, ROW_PLAN, id, STR_NONE, rows_new(c, "Id", id), &changed);
    if (rc != RC_OK)
        return call_broke(c, rc);
    cJSON_AddStringToObject(call_out(c), "Id", id.p);
    return OP_DONE;
}

struct delete_plan_in {
    struct str id;
};

static const struct shape_row delete_rows[] = {
    IN_STR(delete_plan_in, id, "Id", .flags = SHAPE_REQ),
    SHAPE_END,
};

static enum op_end run_delete(struct call *c, const void *input)
{
    const struct delete_plan_in *in = input;
    enum rc rc = rows_del(c, ROW_PLAN, in->id, STR_NONE);
    return rc == RC_OK || rc == RC_NONE ? OP_DONE : call_broke(c, rc);
}

/* --- a key in a plan */

struct member_in {
    struct str plan_id, key_id, key_type;
};

static const char *const key_types[] = {"API_KEY", NULL};

static const struct shape_row member_rows[] = {
    IN_STR(member_in, plan_id, "UsagePlanId", .flags = SHAPE_REQ),
    IN_STR(member_in, key_id, "KeyId", .flags = SHAPE_REQ),
    IN_STR(member_in, key_type, "KeyType", .one_of = key_types),
    SHAPE_END,
};

static enum rc there(struct call *c, enum row_kind kind, struct str id)
{
    cJSON *row = NULL;
    enum rc rc = api_row_get(c->txn, kind, id, STR_NONE, &row);
    cJSON_Delete(row);
    return rc;
}

static enum op_end run_put_key(struct call *c, const void *input)
{
    const struct member_in *in = input;
    bool changed;
    if (there(c, ROW_PLAN, in->plan_id) != RC_OK)
        return call_fail(c, &api_not_found, "Invalid Usage Plan ID specified");
    if (there(c, ROW_KEY, in->key_id) != RC_OK)
        return call_fail(c, &api_not_found, "Invalid API Key identifier specified");
    enum rc rc = rows_put(c, ROW_MEMBER, in->plan_id, in->key_id, rows_new(c, "Id", in->key_id), &changed);
    if (rc != RC_OK)
        return call_broke(c, rc);
    cJSON_AddStringToObject(call_out(c), "Id", in->key_id.p);
    return OP_DONE;
}

static enum op_end run_delete_key(struct call *c, const void *input)
{
    const struct member_in *in = input;
    enum rc rc = rows_del(c, ROW_MEMBER, in->plan_id, in->key_id);
    if (rc == RC_OK)
        rc = api_usage_del(c->txn, in->plan_id, in->key_id);
    return rc == RC_OK || rc == RC_NONE ? OP_DONE : call_broke(c, rc);
}

const struct op_row api_put_usage_plan = {.name = "PutUsagePlan",
                                          .run = run_put,
                                          .in = put_rows,
                                          .in_size = sizeof(struct put_plan_in),
                                          .flags = OP_INTERNAL};
const struct op_row api_delete_usage_plan = {.name = "DeleteUsagePlan",
                                             .run = run_delete,
                                             .in = delete_rows,
                                             .in_size = sizeof(struct delete_plan_in),
                                             .flags = OP_INTERNAL};
const struct op_row api_put_usage_plan_key = {.name = "PutUsagePlanKey",
                                              .run = run_put_key,
                                              .in = member_rows,
                                              .in_size = sizeof(struct member_in),
                                              .flags = OP_INTERNAL};
const struct op_row api_delete_usage_plan_key = {.name = "DeleteUsagePlanKey",
                                                 .run = run_delete_key,
                                                 .in = member_rows,
                                                 .in_size = sizeof(struct member_in),
                                                 .flags = OP_INTERNAL};
