/* The reads: GetRestApis, GetRestApi, GetApiKeys, GetApiKey, GetUsagePlans, GetUsagePlan, GetUsagePlanKeys,
 * and of apigatewayv2 GetApis, GetApi.  Lists are in the order of ids; a page's position is the last id on
 * it. */
#include "api.h"
#include "rows.h"

#define PAGE 25
#define PAGE_MAX 500

struct id_in {
    struct str id;
    int values;                      /* includeValues, includeValue */
    struct str name, key_id;         /* only items whose name begins so; only plans that have this key */
    struct str position, limit_text; /* where the page before ended; as a text in apigatewayv2 */
    int64_t limit;
};

static const cJSON *member(const cJSON *row, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(row, name);
}

/* Copies a member under AWS's name, where there is one. */
static void give(cJSON *out, const char *as, const cJSON *row, const char *name)
{
    const cJSON *v = member(row, name);
    if (v && !cJSON_IsNull(v))
        cJSON_AddItemToObject(out, as, json_copy(v));
}

static void give_made_at(cJSON *out, const char *as, const cJSON *row)
{
    const cJSON *v = member(row, "MadeAt");
    cJSON_AddNumberToObject(out, as, cJSON_IsNumber(v) ? (double)(int64_t)(v->valuedouble / 1000.0) : 0);
}

static bool row_is(const cJSON *row, const char *name, const char *value)
{
    const char *z = cJSON_GetStringValue(member(row, name));
    return z && strcmp(z, value) == 0;
}

/* --- what each kind looks like */

typedef cJSON *show_row(struct call *c, const cJSON *row, const struct id_in *in);

static cJSON *show_rest(struct call *c, const cJSON *row, const struct id_in *in)
{
    (void)c, (void)in;
    if (!row_is(row, "Kind", "REST"))
        return NULL;
    cJSON *out = cJSON_CreateObject();
    give(out, "id", row, "ApiId");
    give(out, "name", row, "Name");
    give_made_at(out, "createdDate", row);
    give(out, "binaryMediaTypes", row, "BinaryMediaTypes");
    cJSON_AddStringToObject(out, "apiKeySource", "HEADER");
    cJSON *types = cJSON_AddArrayToObject(cJSON_AddObjectToObject(out, "endpointConfiguration"), "types");
    cJSON_AddItemToArray(types, cJSON_CreateString("REGIONAL"));
    cJSON_AddBoolToObject(out, "disableExecuteApiEndpoint", false);
    return out;
}

static cJSON *show_http(struct call *c, const cJSON *row, const struct id_in *in)
{
    (void)in;
    if (!row_is(row, "Kind", "HTTP"))
        return NULL;
    cJSON *out = cJSON_CreateObject();
    const cJSON *port = member(row, "Port");
    char iso[CLOCK_ISO_SIZE];
    clock_iso_s((int64_t)member(row, "MadeAt")->valuedouble, iso);
    give(out, "apiId", row, "ApiId");
    give(out, "name", row, "Name");
    cJSON_AddStringToObject(out, "apiEndpoint",
                            api_endpoint(c->world, port ? port->valueint : 0, &c->arena).p);
    cJSON_AddStringToObject(out, "createdDate", iso);
    cJSON_AddStringToObject(out, "protocolType", "HTTP");
    cJSON_AddStringToObject(out, "routeSelectionExpression", "$request.method $request.path");
    cJSON_AddBoolToObject(out, "disableExecuteApiEndpoint", false);
    return out;
}

static cJSON *show_key(struct call *c, const cJSON *row, const struct id_in *in)
{
    (void)c;
    cJSON *out = cJSON_CreateObject();
    give(out, "id", row, "Id");
    if (in->values == 1)
        give(out, "value", row, "Value");
    give(out, "name", row, "Name");
    give(out, "description", row, "Description");
    cJSON_AddBoolToObject(out, "enabled", !cJSON_IsFalse(member(row, "Enabled")));
    give_made_at(out, "createdDate", row);
    give_made_at(out, "lastUpdatedDate", row);
    cJSON_AddArrayToObject(out, "stageKeys");
    return out;
}

static cJSON *show_plan(struct call *c, const cJSON *row, const struct id_in *in)
{
    (void)c, (void)in;
    cJSON *out = cJSON_CreateObject();
    give(out, "id", row, "Id");
    give(out, "name", row, "Name");
    cJSON *stages = cJSON_AddArrayToObject(out, "apiStages");
    const cJSON *at, *throttle = member(row, "Throttle"), *quota = member(row, "Quota");
    cJSON_ArrayForEach (at, member(row, "ApiStages")) {
        cJSON *stage = cJSON_CreateObject();
        give(stage, "apiId", at, "ApiId");
        give(stage, "stage", at, "Stage");
        cJSON_AddItemToArray(stages, stage);
    }
    if (throttle) {
        cJSON *to = cJSON_AddObjectToObject(out, "throttle");
        give(to, "burstLimit", throttle, "BurstLimit");
        give(to, "rateLimit", throttle, "RateLimit");
    }
    if (quota) {
        cJSON *to = cJSON_AddObjectToObject(out, "quota");
        give(to, "limit", quota, "Limit");
        give(to, "offset", quota, "Offset");
        give(to, "period", quota, "Period");
    }
    return out;
}

static cJSON *show_plan_key(struct call *c, const cJSON *row, const struct id_in *in)
{
    (void)in;
    cJSON *key = NULL, *out = cJSON_CreateObject();
    const char *id = cJSON_GetStringValue(member(row, "KeyId"));
    cJSON_AddStringToObject(out, "id", id);
    cJSON_AddStringToObject(out, "type", "API_KEY");
    if (api_row_get(c->txn, ROW_KEY, str_z(id), STR_NONE, &key) == RC_OK) {
        give(out, "value", key, "Value");
        give(out, "name", key, "Name");
    }
    cJSON_Delete(key);
    return out;
}

/* --- lists and single ones */

struct listing {
    enum row_kind kind;
    const char *items, *next; /* names in the answer */
    show_row *show;
};

static int64_t page_size(const struct id_in *in)
{
    int64_t n = in->limit;
    if (n == SHAPE_NO_INT || n < 1)
        return in->limit_text.p && str_to_i64(in->limit_text, &n) && n > 0 && n < PAGE_MAX ? n : PAGE;
    return n < PAGE_MAX ? n : PAGE_MAX;
}

static struct str shown_id(const cJSON *shown)
{
    const cJSON *id = member(shown, "id");
    return json_text(id ? id : member(shown, "apiId"));
}

static bool has_key(struct call *c, struct str plan, struct str key)
{
    cJSON *row = NULL;
    enum rc rc = api_row_get(c->txn, ROW_MEMBER, plan, key, &row);
    cJSON_Delete(row);
    return rc == RC_OK;
}

static bool is_asked_for(struct call *c, const cJSON *shown, const struct id_in *in)
{
    struct str id = shown_id(shown), name = json_text(member(shown, "name"));
    return (!in->position.n || str_cmp(id, in->position) > 0) &&
           (!in->name.n || str_starts(name, in->name)) && (!in->key_id.n || has_key(c, id, in->key_id));
}

static enum op_end list(struct call *c, const struct listing *l, struct str prefix, const struct id_in *in)
{
    cJSON *rows = NULL;
    const cJSON *at;
    enum rc rc = api_row_list(c->txn, l->kind, prefix, &rows);
    if (rc != RC_OK)
        return call_broke(c, rc);
    cJSON *out = cJSON_AddArrayToObject(call_out(c), l->items), *last = NULL;
    int64_t left = page_size(in);
    cJSON_ArrayForEach (at, rows) {
        cJSON *shown = l->show(c, at, in);
        bool wanted = shown && is_asked_for(c, shown, in);
        if (wanted && left-- > 0) {
            cJSON_AddItemToArray(out, last = shown);
            continue;
        }
        cJSON_Delete(shown);
        if (wanted) {
            cJSON_AddStringToObject(c->out, l->next, shown_id(last).p);
            break;
        }
    }
    cJSON_Delete(rows);
    return OP_DONE;
}

static enum op_end one(struct call *c, enum row_kind kind, const char *what, show_row *show,
                       const struct id_in *in)
{
    cJSON *row = NULL;
    enum rc rc = api_row_get(c->txn, kind, in->id, STR_NONE, &row);
    cJSON *shown = rc == RC_OK ? show(c, row, in) : NULL;
    cJSON_Delete(row);
    if (rc != RC_OK && rc != RC_NONE)
        return call_broke(c, rc);
    if (!shown)
        return call_fail(c, &api_not_found, "Invalid %s identifier specified %.*s:%.*s", what,
                         STR_ARG(c->account), STR_ARG(in->id));
    c->out = shown;
    return OP_DONE;
}

/* What all lists of apigateway take. */
#define PAGE_ROWS                                                                                            \
    IN_STR(id_in, position, "position", .flags = SHAPE_IN_QUERY),                                            \
        IN_INT(id_in, limit, "limit", .flags = SHAPE_IN_QUERY)

static const struct shape_row rests_rows[] = {PAGE_ROWS, SHAPE_END};
static const struct shape_row plans_rows[] = {
    PAGE_ROWS,
    IN_STR(id_in, key_id, "keyId", .flags = SHAPE_IN_QUERY),
    SHAPE_END,
};
static const struct shape_row apis_rows[] = {
    IN_STR(id_in, position, "NextToken", .flags = SHAPE_IN_QUERY, .wire = "nextToken"),
    IN_STR(id_in, limit_text, "MaxResults", .flags = SHAPE_IN_QUERY, .wire = "maxResults"),
    SHAPE_END,
};
static const struct shape_row rest_rows[] = {
    IN_STR(id_in, id, "restApiId", .flags = SHAPE_REQ | SHAPE_IN_URI, .wire = "restapi_id"),
    SHAPE_END,
};
static const struct shape_row keys_rows[] = {
    PAGE_ROWS,
    IN_BOOL(id_in, values, "includeValues", .flags = SHAPE_IN_QUERY),
    IN_STR(id_in, name, "nameQuery", .flags = SHAPE_IN_QUERY, .wire = "name"),
    SHAPE_END,
};
static const struct shape_row key_rows[] = {
    IN_STR(id_in, id, "apiKey", .flags = SHAPE_REQ | SHAPE_IN_URI, .wire = "api_Key"),
    IN_BOOL(id_in, values, "includeValue", .flags = SHAPE_IN_QUERY),
    SHAPE_END,
};
static const struct shape_row plan_rows[] = {
    IN_STR(id_in, id, "usagePlanId", .flags = SHAPE_REQ | SHAPE_IN_URI, .wire = "usageplanId"),
    SHAPE_END,
};
static const struct shape_row plan_keys_rows[] = {
    IN_STR(id_in, id, "usagePlanId", .flags = SHAPE_REQ | SHAPE_IN_URI, .wire = "usageplanId"),
    PAGE_ROWS,
    IN_STR(id_in, name, "nameQuery", .flags = SHAPE_IN_QUERY, .wire = "name"),
    SHAPE_END,
};
static const struct shape_row api_rows[] = {
    IN_STR(id_in, id, "ApiId", .flags = SHAPE_REQ | SHAPE_IN_URI, .wire = "apiId"),
    SHAPE_END,
};

static enum op_end get_rest_apis(struct call *c, const void *in)
{
    return list(c, &(struct listing){ROW_API, "item", "position", show_rest}, STR_NONE, in);
}

static enum op_end get_rest_api(struct call *c, const void *in)
{
    return one(c, ROW_API, "API", show_rest, in);
}

static enum op_end get_api_keys(struct call *c, const void *in)
{
    return list(c, &(struct listing){ROW_KEY, "item", "position", show_key}, STR_NONE, in);
}

static enum op_end get_api_key(struct call *c, const void *in)
{
    return one(c, ROW_KEY, "API Key", show_key, in);
}

static enum op_end get_usage_plans(struct call *c, const void *in)
{
    return list(c, &(struct listing){ROW_PLAN, "item", "position", show_plan}, STR_NONE, in);
}

static enum op_end get_usage_plan(struct call *c, const void *in)
{
    return one(c, ROW_PLAN, "Usage Plan", show_plan, in);
}

static enum op_end get_usage_plan_keys(struct call *c, const void *in)
{
    const struct id_in *of = in;
    cJSON *plan = NULL;
    enum rc rc = api_row_get(c->txn, ROW_PLAN, of->id, STR_NONE, &plan);
    cJSON_Delete(plan);
    if (rc == RC_NONE)
        return call_fail(c, &api_not_found, "Invalid Usage Plan ID specified");
    if (rc != RC_OK)
        return call_broke(c, rc);
    return list(c, &(struct listing){ROW_MEMBER, "item", "position", show_plan_key}, of->id, in);
}

static enum op_end get_apis(struct call *c, const void *in)
{
    return list(c, &(struct listing){ROW_API, "items", "nextToken", show_http}, STR_NONE, in);
}

static enum op_end get_api(struct call *c, const void *in)
{
    return one(c, ROW_API, "API", show_http, in);
}

#define GET_ROW(variable, text, function, rows, address)                                                     \
    const struct op_row variable = {                                                                         \
        .name = (text), .run = (function), .in = (rows), .in_size = sizeof(struct id_in), .http = (address)}

GET_ROW(api_get_rest_apis, "GetRestApis", get_rest_apis, rests_rows, "GET /restapis");
GET_ROW(api_get_rest_api, "GetRestApi", get_rest_api, rest_rows, "GET /restapis/{restapi_id}");
GET_ROW(api_get_api_keys, "GetApiKeys", get_api_keys, keys_rows, "GET /apikeys");
GET_ROW(api_get_api_key, "GetApiKey", get_api_key, key_rows, "GET /apikeys/{api_Key}");
GET_ROW(api_get_usage_plans, "GetUsagePlans", get_usage_plans, plans_rows, "GET /usageplans");
GET_ROW(api_get_usage_plan, "GetUsagePlan", get_usage_plan, plan_rows, "GET /usageplans/{usageplanId}");
GET_ROW(api_get_usage_plan_keys, "GetUsagePlanKeys", get_usage_plan_keys, plan_keys_rows,
        "GET /usageplans/{usageplanId}/keys");
GET_ROW(api_get_apis, "GetApis", get_apis, apis_rows, "GET /v2/apis");
GET_ROW(api_get_api, "GetApi", get_api, api_rows, "GET /v2/apis/{apiId}");
