/* AWS::ApiGateway::ApiKey, UsagePlan and UsagePlanKey. */
#include "types.h"

/* --- limits */

const struct prop_row throttle_rows[] = {
    TAKES(PROP_REAL, "RateLimit", .max = 1000000000),
    TAKES(PROP_INT, "BurstLimit", .max = 1000000000),
    PROPS_END,
};

static const char *const periods[] = {"DAY", "WEEK", "MONTH", NULL};
const struct prop_row quota_rows[] = {
    TAKES(PROP_INT, "Limit", .max = 2147483647),
    TAKES(PROP_TEXT, "Period", .one_of = periods),
    TAKES(PROP_INT, "Offset", .max = 28),
    PROPS_END,
};

/* --- keys */

static const struct prop_row key_rows[] = {
    TAKES(PROP_TEXT, "Name"),
    TAKES(PROP_TEXT, "Value", .min = 20, .max = 128),
    TAKES(PROP_BOOL, "Enabled"),
    TAKES(PROP_TEXT, "Description"),
    KEEPS("CustomerId"),
    KEEPS("GenerateDistinctId"),
    KEEPS("StageKeys"),
    KEEPS("Tags"),
    PROPS_END,
};

static struct node *with_id(struct template *t, const struct resource *r, const char *name_property)
{
    struct node *in = node_new(&t->arena, NODE_MAP, r->at);
    node_put(in, "LogicalId", node_text(&t->arena, r->id, r->at));
    node_put(in, "Name", resource_name(t, r, name_property));
    return in;
}

static struct node *key_plan(struct template *t, struct resource *r)
{
    struct node *in = with_id(t, r, "Name");
    resource_give(t, r, "Value", in, "Value");
    /* AWS's default: a key that nobody enabled is disabled */
    node_put(in, "Enabled", node_bool(&t->arena, node_truth(r->props, "Enabled", false), r->at));
    resource_give(t, r, "Description", in, "Description");
    return in;
}

static const struct attr_row key_attrs[] = {{.name = "APIKeyId", .member = "Id"}, {0}};
static const struct removal delete_key = {"DeleteApiKey", {{"Id", "Id"}}, NULL, NULL};

const struct type_row type_api_key = {
    .name = "AWS::ApiGateway::ApiKey",
    .props = key_rows,
    .service = "apigateway",
    .operation = "PutApiKey",
    .ref = "Id",
    .attrs = key_attrs,
    .removal = &delete_key,
    .name_member = "Name",
    .plan = key_plan,
};

/* --- usage plans */

static const struct prop_row stage_rows[] = {
    TAKES(PROP_TEXT, "ApiId", .flags = PROP_REQUIRED),
    TAKES(PROP_TEXT, "Stage", .flags = PROP_REQUIRED),
    REFUSES("Throttle"),
    PROPS_END,
};
static const struct prop_row stage = ELEMENT(PROP_OBJECT, .of = stage_rows);

static const struct prop_row plan_rows[] = {
    TAKES(PROP_TEXT, "UsagePlanName"),
    TAKES(PROP_LIST, "ApiStages", .of = &stage),
    TAKES(PROP_OBJECT, "Throttle", .of = throttle_rows),
    TAKES(PROP_OBJECT, "Quota", .of = quota_rows),
    KEEPS("Description"),
    KEEPS("Tags"),
    PROPS_END,
};

static struct node *plan_plan(struct template *t, struct resource *r)
{
    struct node *in = with_id(t, r, "UsagePlanName");
    resource_give(t, r, "ApiStages", in, "ApiStages");
    resource_give(t, r, "Throttle", in, "Throttle");
    resource_give(t, r, "Quota", in, "Quota");
    return in;
}

static const struct attr_row plan_attrs[] = {{.name = "Id", .member = "Id"}, {0}};
static const struct removal delete_plan = {"DeleteUsagePlan", {{"Id", "Id"}}, NULL, NULL};

const struct type_row type_usage_plan = {
    .name = "AWS::ApiGateway::UsagePlan",
    .props = plan_rows,
    .service = "apigateway",
    .operation = "PutUsagePlan",
    .ref = "Id",
    .attrs = plan_attrs,
    .removal = &delete_plan,
    .name_member = "Name",
    .plan = plan_plan,
};

/* --- a key in a plan */

static const char *const key_kinds[] = {"API_KEY", NULL};

static const struct prop_row plan_key_rows[] = {
    TAKES(PROP_TEXT, "UsagePlanId", .flags = PROP_REQUIRED),
    TAKES(PROP_TEXT, "KeyId", .flags = PROP_REQUIRED),
    TAKES(PROP_TEXT, "KeyType", .flags = PROP_REQUIRED, .one_of = key_kinds),
    PROPS_END,
};

static struct node *plan_key_plan(struct template *t, struct resource *r)
{
    return node_copy(&t->arena, r->props);
}

static const struct removal delete_plan_key = {
    "DeleteUsagePlanKey", {{"UsagePlanId", "UsagePlanId"}, {"KeyId", "KeyId"}}, NULL, NULL};

const struct type_row type_usage_plan_key = {
    .name = "AWS::ApiGateway::UsagePlanKey",
    .props = plan_key_rows,
    .service = "apigateway",
    .operation = "PutUsagePlanKey",
    .ref = "Id",
    .attrs = plan_attrs,
    .removal = &delete_plan_key,
    .plan = plan_key_plan,
};
