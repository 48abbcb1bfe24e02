#include "cors.h"

#include <stdlib.h>

/* --- REST --------------------------------------------------------------------------------------------- */

/* SAM's values carry the quotes of a mapping expression: "'*'". */
static struct str unquoted(struct arena *a, const cJSON *cors, const char *name)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(cors, name);
    if (cJSON_IsBool(v))
        return cJSON_IsTrue(v) ? STR("true") : STR_NONE;
    if (cJSON_IsNumber(v))
        return arena_printf(a, "%d", v->valueint);
    struct str s = json_text(v);
    if (s.n >= 2 && s.p[0] == '\'' && s.p[s.n - 1] == '\'')
        s = str_sub(s, 1, s.n - 2);
    return s.p ? arena_str(a, s) : s;
}

static int by_name(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* What SAM writes where AllowMethods is not given: the methods of the path and OPTIONS, in order. */
static struct str methods_of_path(struct api *api, struct str path)
{
    const char *names[16];
    size_t n = 0;
    names[n++] = "OPTIONS";
    for (size_t i = 0; i < api->method_count && n < 16; i++) {
        struct method *m = api->methods[i];
        if (!str_eq(m->route.path, path) || str_is(m->route.method, "OPTIONS"))
            continue;
        if (str_is(m->route.method, "ANY"))
            return STR("DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT");
        names[n++] = arena_z(&api->arena, m->route.method);
    }
    qsort(names, n, sizeof *names, by_name);
    struct str list = str_z(names[0]);
    for (size_t i = 1; i < n; i++)
        list = arena_printf(&api->arena, "%.*s,%s", STR_ARG(list), names[i]);
    return list;
}

static const struct mock *mock_of(struct api *api, const cJSON *cors, struct str path)
{
    static const char *const members[][2] = {
        {"AllowHeaders", "Access-Control-Allow-Headers"},
        {"AllowOrigin", "Access-Control-Allow-Origin"},
        {"MaxAge", "Access-Control-Max-Age"},
        {"AllowCredentials", "Access-Control-Allow-Credentials"},
    };
    struct mock *mock = arena_zalloc(&api->arena, sizeof *mock);
    struct str methods = unquoted(&api->arena, cors, "AllowMethods");
    mock->headers[mock->n++] = (struct http_header){STR_INIT("Content-Type"), STR_INIT("application/json")};
    mock->headers[mock->n++] = (struct http_header){STR_INIT("Access-Control-Allow-Methods"),
                                                    methods.p ? methods : methods_of_path(api, path)};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        struct str value = unquoted(&api->arena, cors, members[i][0]);
        if (value.p)
            mock->headers[mock->n++] = (struct http_header){str_z(members[i][1]), value};
    }
    return mock;
}

void cors_mocks(struct api *api, const cJSON *row)
{
    size_t count = api->method_count;
    if (!cJSON_IsObject(row))
        return;
    for (size_t i = 0; i < count; i++) {
        struct str path = api->methods[i]->route.path;
        if (route_at(&api->routes, STR("OPTIONS"), path))
            continue;
        struct method *m = arena_zalloc(&api->arena, sizeof *m);
        *m = *api->methods[i];
        m->route = (struct route){.method = STR("OPTIONS"), .path = path};
        m->key = arena_printf(&api->arena, "OPTIONS %.*s", STR_ARG(path));
        /* as SAM: Auth.AddApiKeyRequiredToCorsPreflight */
        m->key_required = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(row, "ApiKeyRequired"));
        m->mock = mock_of(api, row, path);
        if (!route_add(&api->routes, &api->arena, &m->route))
            api->methods[api->method_count++] = m;
    }
}

/* --- HTTP APIs ---------------------------------------------------------------------------------------- */

static struct str joined(struct arena *a, const cJSON *list)
{
    struct str out = STR("");
    const cJSON *at;
    cJSON_ArrayForEach (at, list)
        if (cJSON_IsString(at))
            out = arena_printf(a, "%.*s%s%s", STR_ARG(out), out.n ? "," : "", at->valuestring);
    return out;
}

void cors_config(struct api *api, const cJSON *row)
{
    struct arena *a = &api->arena;
    struct cors *c = &api->cors;
    const cJSON *origins = cJSON_GetObjectItemCaseSensitive(row, "AllowOrigins"), *at;
    const cJSON *age = cJSON_GetObjectItemCaseSensitive(row, "MaxAge");
    c->set = cJSON_IsObject(row);
    c->origins = arena_alloc(a, sizeof *c->origins * ((size_t)cJSON_GetArraySize(origins) + 1));
    cJSON_ArrayForEach (at, origins) {
        if (!cJSON_IsString(at))
            continue;
        c->any_origin = c->any_origin || strcmp(at->valuestring, "*") == 0;
        c->origins[c->origin_count++] = arena_str(a, json_text(at));
    }
    c->credentials = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(row, "AllowCredentials"));
    c->methods = joined(a, cJSON_GetObjectItemCaseSensitive(row, "AllowMethods"));
    c->headers = joined(a, cJSON_GetObjectItemCaseSensitive(row, "AllowHeaders"));
    c->expose = joined(a, cJSON_GetObjectItemCaseSensitive(row, "ExposeHeaders"));
    c->max_age = cJSON_IsNumber(age) ? arena_printf(a, "%d", age->valueint) : STR("");
}

bool cors_is_preflight(const struct http_request *http)
{
    return str_is(http->method, "OPTIONS") && http_header_get(&http->headers, "origin").p &&
           http_header_get(&http->headers, "access-control-request-method").p;
}

/* A star behind the scheme stands for all origins of that scheme. */
static bool origin_fits(struct str allowed, struct str origin)
{
    if (str_ends(allowed, STR("://*")))
        return str_starts(origin, str_sub(allowed, 0, allowed.n - 1));
    return str_ieq(allowed, origin);
}

/* What Access-Control-Allow-Origin says to this origin; absent: nothing. */
static struct str allowed_origin(const struct cors *c, struct str origin)
{
    if (!origin.p)
        return STR_NONE;
    if (c->any_origin)
        return STR("*");
    for (size_t i = 0; i < c->origin_count; i++)
        if (origin_fits(c->origins[i], origin))
            return origin;
    return STR_NONE;
}

static void drop_cors(struct http_headers *h)
{
    size_t kept = 0;
    for (size_t i = 0; i < h->n; i++)
        if (!str_ieq(str_sub(h->list[i].name, 0, 15), STR("access-control-")))
            h->list[kept++] = h->list[i];
    h->n = kept;
}

static void add(struct http_reply *reply, struct arena *a, struct str name, struct str value)
{
    if (value.n)
        http_header_add(&reply->headers, a, name, value);
}

void cors_apply(const struct cors *c, const struct http_request *http, struct http_reply *reply,
                struct arena *a, bool preflight)
{
    if (!c->set)
        return;
    drop_cors(&reply->headers);
    struct str origin = allowed_origin(c, http_header_get(&http->headers, "origin"));
    if (!origin.p)
        return;
    add(reply, a, STR("access-control-allow-origin"), origin);
    add(reply, a, STR("access-control-allow-credentials"), c->credentials ? STR("true") : STR(""));
    add(reply, a, STR("access-control-expose-headers"), c->expose);
    if (!preflight)
        return;
    add(reply, a, STR("access-control-allow-methods"), c->methods);
    add(reply, a, STR("access-control-allow-headers"), c->headers);
    add(reply, a, STR("access-control-max-age"), c->max_age);
}
