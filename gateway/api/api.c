#include "api.h"

#include "door/door.h"
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

static enum rc gateway_open(struct world *w, void **state)
{
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
