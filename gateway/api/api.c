#include "api.h"

#include "door/door.h"
#include "door/stored.h"
#include "model.h"
#include <stdlib.h>

extern const struct op_row api_put_api, api_delete_api, api_put_api_key, api_delete_api_key,
    api_put_usage_plan, api_delete_usage_plan, api_put_usage_plan_key, api_delete_usage_plan_key,
    api_get_rest_apis, api_get_rest_api, api_get_api_keys, api_get_api_key, api_get_usage_plans,
    api_get_usage_plan, api_get_usage_plan_keys, api_get_apis, api_get_api;

/* SaveUsage: what quotas have counted goes to the store. */
static enum op_end run_save(struct call *c, const void *in)
{
    (void)in;
    enum rc rc = gateway_save_usage(gateway_of(c->world));
    return rc == RC_OK ? OP_DONE : call_broke(c, rc);
}

static const struct op_row save_usage = {
    .name = "SaveUsage", .run = run_save, .flags = OP_INTERNAL | OP_QUIET};

static void save_due(struct timer *t)
{
    struct gateway *g = list_of(t, struct gateway, save);
    door_send(call_new(g->world, NULL, &apigateway_service, &save_usage));
}

/* --- the gateway's life in a world */

static const char *const kinds[] = {"REST", "HTTP", NULL};
static const struct shape_row throttle_form[] = {OUT(SHAPE_REAL, "RateLimit"), OUT(SHAPE_INT, "BurstLimit"),
                                                 SHAPE_END};
static const struct shape_row route_form[] = {
    STORED_TEXT("Method", .min = 1, .max = 64),
    STORED_TEXT("Path", .min = 1, .max = 4096),
    STORED_TEXT("FunctionArn", .match = stored_is_arn),
    OUT(SHAPE_STR, "PayloadFormat"),
    OUT(SHAPE_BOOL, "ApiKeyRequired"),
    OUT(SHAPE_INT, "TimeoutMs", .min = 1, .max = STORED_MOST),
    SHAPE_END,
};
static const struct shape_row routes_form[] = {OUT(SHAPE_STRUCT, "member", .of = route_form), SHAPE_END};
static const struct shape_row api_form[] = {
    STORED_TEXT("ApiId", .min = 1, .max = 64),
    STORED_TEXT("Kind", .one_of = kinds),
    OUT(SHAPE_STR, "LogicalId"),
    STORED_TEXT("Name"),
    STORED_TEXT("Stage", .min = 1, .max = 128),
    OUT(SHAPE_INT, "Port", .min = 0, .max = 65535),
    STORED_COUNT("MadeAt"),
    OUT(SHAPE_LIST, "Routes", .flags = SHAPE_REQ, .of = routes_form),
    OUT(SHAPE_STRUCT, "Throttle", .of = throttle_form),
    OUT(SHAPE_LIST, "BinaryMediaTypes", .of = stored_text),
    OUT(SHAPE_MAP, "StageVariables", .of = stored_text),
    SHAPE_END,
};
static const struct shape_row key_form[] = {STORED_TEXT("Id"),      STORED_TEXT("Value"),
                                            OUT(SHAPE_STR, "Name"), OUT(SHAPE_BOOL, "Enabled"),
                                            STORED_COUNT("MadeAt"), SHAPE_END};
static const struct shape_row stage_form[] = {STORED_TEXT("ApiId"), STORED_TEXT("Stage"), SHAPE_END};
static const struct shape_row stages_form[] = {OUT(SHAPE_STRUCT, "member", .of = stage_form), SHAPE_END};
static const struct shape_row quota_form[] = {OUT(SHAPE_INT, "Limit", .flags = SHAPE_REQ),
                                              OUT(SHAPE_INT, "Offset"), STORED_TEXT("Period"), SHAPE_END};
static const struct shape_row plan_form[] = {
    STORED_TEXT("Id"),
    OUT(SHAPE_STR, "Name"),
    STORED_COUNT("MadeAt"),
    OUT(SHAPE_LIST, "ApiStages", .of = stages_form),
    OUT(SHAPE_STRUCT, "Throttle", .of = throttle_form),
    OUT(SHAPE_STRUCT, "Quota", .of = quota_form),
    SHAPE_END,
};
static const struct shape_row member_form[] = {STORED_TEXT("UsagePlanId"), STORED_TEXT("KeyId"),
                                               STORED_COUNT("MadeAt"), SHAPE_END};
static const struct stored_form forms[] = {{.space = "apigateway.api", .texts = 1, .rows = api_form},
                                           {.space = "apigateway.key", .texts = 1, .rows = key_form},
                                           {.space = "apigateway.plan", .texts = 1, .rows = plan_form},
                                           {.space = "apigateway.member", .texts = 2, .rows = member_form},
                                           {0}};

static enum rc gateway_open(struct world *w, void **state)
{
    enum rc rc = stored_check(w, forms);
    if (rc != RC_OK)
        return rc;
    struct gateway *g = xcalloc(1, sizeof *g);
    g->world = w;
    g->save = (struct timer){.fire = save_due, .idle = true};
    arena_init(&g->arena);
    map_init(&g->apis), map_init(&g->keys), map_init(&g->plans);
    *state = g;
    return RC_OK;
}

static void gateway_drop(struct world *w, void *state)
{
    (void)w;
    gateway_forget(state);
}

static void gateway_close(struct world *w, void *state)
{
    struct gateway *g = state;
    timer_stop(w->timers, &g->save);
    if (g->dirty)
        call_free(door_wait(call_new(w, NULL, &apigateway_service, &save_usage)));
    gateway_forget(g);
    arena_release(&g->arena);
    map_release(&g->apis), map_release(&g->keys), map_release(&g->plans);
    free(g);
}

static const struct op_row *const rest_ops[] = {
    &api_put_api,
    &api_delete_api,
    &api_put_api_key,
    &api_delete_api_key,
    &api_put_usage_plan,
    &api_delete_usage_plan,
    &api_put_usage_plan_key,
    &api_delete_usage_plan_key,
    &api_get_rest_apis,
    &api_get_rest_api,
    &api_get_api_keys,
    &api_get_api_key,
    &api_get_usage_plans,
    &api_get_usage_plan,
    &api_get_usage_plan_keys,
    &save_usage,
    NULL,
};
static const struct op_row *const http_ops[] = {&api_get_apis, &api_get_api, NULL};
static const struct op_row *const execute_ops[] = {&api_handle, NULL};

const struct service apigateway_service = {
    .name = "apigateway",
    .wires = WIRE_REST_JSON,
    .ops = rest_ops,
    .open = gateway_open,
    .drop = gateway_drop,
    .close = gateway_close,
};
const struct service apigatewayv2_service = {
    .name = "apigatewayv2", .wires = WIRE_REST_JSON, .ops = http_ops};
const struct service execute_api_service = {.name = "execute-api", .ops = execute_ops};
