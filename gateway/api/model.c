#include "model.h"

#include "api.h"
#include "base/digest.h"
#include "base/json.h"
#include "core/conf.h"
#include "cors.h"
#include "door/arn.h"
#include "store.h"
#include <stdlib.h>

#define SAVE_AFTER_MS 1000
#define REST_TIMEOUT_MS 29000
#define HTTP_TIMEOUT_MS 30000

/* --- reading a row ------------------------------------------------------------------------------------ */

static const cJSON *get(const cJSON *row, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(row, name);
}

static struct str text(struct arena *a, const cJSON *row, const char *name)
{
    const char *z = cJSON_GetStringValue(get(row, name));
    return z ? arena_str(a, str_z(z)) : STR("");
}

static double number(const cJSON *row, const char *name, double otherwise)
{
    const cJSON *v = get(row, name);
    return cJSON_IsNumber(v) ? v->valuedouble : otherwise;
}

static bool truth(const cJSON *row, const char *name)
{
    return cJSON_IsTrue(get(row, name));
}

static struct str *texts(struct arena *a, const cJSON *list, size_t *n)
{
    struct str *out = arena_alloc(a, sizeof *out * ((size_t)cJSON_GetArraySize(list) + 1));
    const cJSON *at;
    *n = 0;
    cJSON_ArrayForEach (at, list)
        if (cJSON_IsString(at))
            out[(*n)++] = arena_str(a, json_text(at));
    return out;
}

/* A burst that is not said is one second's worth, and at least one request. */
static struct limit limit_of(const cJSON *throttle)
{
    struct limit l = {.set = cJSON_IsObject(throttle)};
    l.rate = number(throttle, "RateLimit", 0);
    l.burst = number(throttle, "BurstLimit", l.rate < 1 ? 1 : l.rate);
    return l;
}

/* --- APIs --------------------------------------------------------------------------------------------- */

/* Six characters of a-z0-9 that are always the same for one path. */
static struct str resource_id(struct arena *a, struct str path)
{
    char hex[65];
    digest_sha256_hex(path, hex);
    return arena_str(a, str_n(hex, 6));
}

/* What a stage serves was deployed once: another row, another deployment. */
static struct str deployment_id(struct arena *a, const cJSON *row)
{
    struct buf text;
    buf_init(&text, 16u << 20);
    json_print(&text, row);
    struct str id = resource_id(a, buf_view(&text));
    buf_release(&text);
    return id;
}

static void add_method(struct api *api, struct method *m)
{
    api->methods[api->method_count++] = m;
}

/* arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH, or API/STAGE/$default. */
static struct str route_arn(struct world *w, struct api *api, const struct method *m)
{
    struct arena *a = &api->arena;
    bool fallback = m->route.path.p[0] != '/';
    struct str resource =
        arena_printf(a, "%.*s/%.*s/%.*s%.*s", STR_ARG(api->id), STR_ARG(api->stage),
                     fallback ? 0 : (int)m->route.method.n, m->route.method.p, STR_ARG(m->route.path));
    return arn_make(a, "execute-api", w->region, w->account, resource);
}

static bool method_of(struct world *w, struct api *api, const cJSON *row)
{
    struct arena *a = &api->arena;
    struct method *m = arena_zalloc(a, sizeof *m);
    m->route.method = text(a, row, "Method");
    m->route.path = text(a, row, "Path");
    m->function = text(a, row, "FunctionArn");
    m->format = str_is(text(a, row, "PayloadFormat"), "2.0") ? 2 : 1;
    m->key_required = truth(row, "ApiKeyRequired");
    m->timeout_ms = (int64_t)number(row, "TimeoutMs", api->rest ? REST_TIMEOUT_MS : HTTP_TIMEOUT_MS);
    m->resource_id = resource_id(a, m->route.path);
    bool fallback = str_is(m->route.path, "$default");
    m->key = fallback ? m->route.path
                      : arena_printf(a, "%.*s %.*s", STR_ARG(m->route.method), STR_ARG(m->route.path));
    m->source = route_arn(w, api, m);
    if (!fallback && route_add(&api->routes, a, &m->route))
        return false;
    if (fallback)
        api->fallback = m;
    add_method(api, m);
    return true;
}

static void variables_of(struct api *api, const cJSON *variables)
{
    const cJSON *at;
    api->variables =
        arena_alloc(&api->arena, sizeof *api->variables * ((size_t)cJSON_GetArraySize(variables) + 1));
    cJSON_ArrayForEach (at, variables) {
        const char *z = cJSON_GetStringValue(at);
        api->variables[api->variable_count++] = (struct proxy_pair){
            arena_str(&api->arena, str_z(at->string)), arena_str(&api->arena, str_z(z ? z : ""))};
    }
}

static struct api *api_of(struct world *w, const cJSON *row)
{
    struct api *api = xcalloc(1, sizeof *api);
    struct arena *a = &api->arena;
    arena_init(a);
    api->holders = 1;
    api->id = text(a, row, "ApiId");
    api->logical_id = text(a, row, "LogicalId");
    api->name = text(a, row, "Name");
    api->stage = text(a, row, "Stage");
    api->rest = str_is(text(a, row, "Kind"), "REST");
    api->port = (int)number(row, "Port", 0);
    api->made_at = (int64_t)number(row, "MadeAt", 0);
    if (api->rest)
        api->deployment_id = deployment_id(a, row);
    bool unnamed = str_is(api->stage, "$default");
    api->path_prefix = unnamed ? STR("") : arena_printf(a, "/%.*s", STR_ARG(api->stage));
    api->limit = limit_of(get(row, "Throttle"));
    api->binary_types = texts(a, get(row, "BinaryMediaTypes"), &api->binary_type_count);
    variables_of(api, get(row, "StageVariables"));

    const cJSON *routes = get(row, "Routes"), *at;
    size_t count = (size_t)cJSON_GetArraySize(routes);
    api->methods = arena_alloc(a, sizeof *api->methods * (2 * count + 1)); /* each may get an OPTIONS */
    cJSON_ArrayForEach (at, routes)
        if (!method_of(w, api, at))
            log_error(w->log, "api %.*s: a route is left out: it does not fit", STR_ARG(api->id));
    if (api->rest)
        cors_mocks(api, get(row, "Cors"));
    else
        cors_config(api, get(row, "Cors"));
    return api;
}

struct api *api_hold(struct api *a)
{
    a->holders++;
    return a;
}

void api_let(struct api *a)
{
    if (--a->holders)
        return;
    arena_release(&a->arena);
    free(a);
}

/* --- keys and plans ----------------------------------------------------------------------------------- */

static void add_key(struct gateway *g, const cJSON *row)
{
    struct api_key *k = arena_zalloc(&g->arena, sizeof *k);
    k->id = text(&g->arena, row, "Id");
    k->name = text(&g->arena, row, "Name");
    k->value = text(&g->arena, row, "Value");
    k->enabled = !cJSON_IsFalse(get(row, "Enabled"));
    map_put(&g->keys, k->value, k);
}

static void add_plan(struct gateway *g, const cJSON *row)
{
    struct arena *a = &g->arena;
    struct plan *p = arena_zalloc(a, sizeof *p);
    const cJSON *stages = get(row, "ApiStages"), *quota = get(row, "Quota"), *at;
    p->id = text(a, row, "Id");
    p->name = text(a, row, "Name");
    p->stages = arena_alloc(a, sizeof *p->stages * ((size_t)cJSON_GetArraySize(stages) + 1));
    cJSON_ArrayForEach (at, stages)
        p->stages[p->stage_count++] = (struct api_stage){text(a, at, "ApiId"), text(a, at, "Stage")};
    p->limit = limit_of(get(row, "Throttle"));
    p->quota = (struct quota){
        .period = quota_period(text(a, quota, "Period")),
        .limit = (int64_t)number(quota, "Limit", 0),
        .offset = (int64_t)number(quota, "Offset", 0),
        .made_at = (int64_t)number(row, "MadeAt", 0),
    };
    map_put(&g->plans, p->id, p);
}

static struct api_key *key_by_id(const struct gateway *g, struct str id)
{
    struct map_entry *at = g->keys.first;
    struct api_key *k;
    while ((k = map_each(&at, NULL)))
        if (str_eq(k->id, id))
            return k;
    return NULL;
}

static enum rc add_member(struct gateway *g, const cJSON *row)
{
    struct plan *plan = map_get(&g->plans, text(&g->arena, row, "UsagePlanId"));
    struct api_key *k = key_by_id(g, text(&g->arena, row, "KeyId"));
    if (!plan || !k)
        return RC_OK; /* one of them has gone */
    struct member *m = arena_zalloc(&g->arena, sizeof *m);
    m->plan = plan;
    m->key_id = k->id;
    m->next = k->members;
    k->members = m;
    enum rc rc = api_usage_get(g->world->store, plan->id, k->id, &m->usage);
    return rc == RC_NONE ? RC_OK : rc;
}

struct member *api_key_member(const struct api_key *k, const struct api *a)
{
    for (struct member *m = k->members; m; m = m->next)
        for (size_t i = 0; i < m->plan->stage_count; i++)
            if (str_eq(m->plan->stages[i].api_id, a->id) && str_eq(m->plan->stages[i].stage, a->stage))
                return m;
    return NULL;
}

/* --- the whole ---------------------------------------------------------------------------------------- */

static enum rc load(struct gateway *g)
{
    struct store *s = g->world->store;
    cJSON *rows[4] = {NULL};
    enum rc rc = RC_OK;
    for (enum row_kind kind = ROW_API; kind <= ROW_MEMBER && rc == RC_OK; kind++)
        rc = api_row_list(s, kind, STR_NONE, &rows[kind]);
    const cJSON *at;
    cJSON_ArrayForEach (at, rows[ROW_API]) {
        struct api *api = api_of(g->world, at);
        map_put(&g->apis, api->id, api);
    }
    cJSON_ArrayForEach (at, rows[ROW_KEY])
        add_key(g, at);
    cJSON_ArrayForEach (at, rows[ROW_PLAN])
        add_plan(g, at);
    cJSON_ArrayForEach (at, rows[ROW_MEMBER])
        if (rc == RC_OK)
            rc = add_member(g, at);
    for (size_t i = 0; i < 4; i++)
        cJSON_Delete(rows[i]);
    return rc;
}

struct gateway *gateway_of(const struct world *w)
{
    return world_state(w, &apigateway_service);
}

enum rc gateway_loaded(struct gateway *g)
{
    enum rc rc = RC_OK;
    if (g->stale) {
        rc = gateway_save_usage(g);
        gateway_forget(g);
    }
    if (rc != RC_OK || g->loaded)
        return rc;
    rc = load(g);
    if (rc == RC_OK)
        g->loaded = true;
    else
        gateway_forget(g);
    return rc;
}

void gateway_forget(struct gateway *g)
{
    struct map_entry *at = g->apis.first;
    struct api *api;
    while ((api = map_each(&at, NULL)))
        api_let(api);
    map_release(&g->apis), map_release(&g->keys), map_release(&g->plans);
    map_init(&g->apis), map_init(&g->keys), map_init(&g->plans);
    arena_clear(&g->arena);
    g->loaded = g->stale = g->dirty = false;
}

enum rc gateway_save_usage(struct gateway *g)
{
    struct map_entry *at = g->keys.first;
    struct api_key *k;
    enum rc rc = RC_OK;
    while (g->dirty && rc == RC_OK && (k = map_each(&at, NULL)))
        for (struct member *m = k->members; m && rc == RC_OK; m = m->next) {
            if (m->usage.dirty)
                rc = api_usage_put(g->world->store, m->plan->id, m->key_id, &m->usage);
            m->usage.dirty = false;
        }
    g->dirty = false;
    return rc;
}

void gateway_usage_changed(struct gateway *g)
{
    if (g->dirty)
        return;
    g->dirty = true;
    timer_set(g->world->timers, &g->save, clock_now(&g->world->clock) + SAVE_AFTER_MS);
}

struct str api_endpoint(const struct world *w, int port, struct arena *a)
{
    const struct conf *conf = w->conf;
    char room[260];
    struct str host = conf ? conf_url_host(conf, room, sizeof room) : STR("localhost");
    return arena_printf(a, "http://%.*s:%d", STR_ARG(host), (conf ? conf->api_port : 3000) + port);
}
