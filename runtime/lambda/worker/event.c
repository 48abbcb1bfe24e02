#include "event.h"

#include "base/json.h"
#include "lib/lib.h"
#include <ctype.h>

static const char *const context_nulls[] = {"resourceId", NULL};
static const char *const authorizer_nulls[] = {"claims", "scopes", NULL};

static const struct {
    enum env_slot slot;
    const char *const *nulls;
} kinds[] = {
    {SLOT_EVENT1, proxy_event_nulls},
    {SLOT_IDENTITY, proxy_identity_nulls},
    {SLOT_CONTEXT1, context_nulls},
    {SLOT_AUTHORIZER1, authorizer_nulls},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

void event_open(lua_State *L)
{
    for (size_t i = 0; i < KINDS; i++)
        lib_new_mark(L, kinds[i].slot, NULL);
}

const char *const *event_nulls(const struct env *e, const void *mark)
{
    for (size_t i = 0; i < KINDS; i++)
        if (e->mark[kinds[i].slot] == mark)
            return kinds[i].nulls;
    return NULL;
}

/* --- parts: each sets a member of the table at the top of the stack ------------------------------------ */

static void push_str(lua_State *L, struct str s)
{
    lua_pushlstring(L, s.n ? s.p : "", s.n);
}

/* Nothing when it is absent: nil. */
static void text(lua_State *L, const char *name, struct str value)
{
    if (!value.p)
        return;
    push_str(L, value);
    lua_setfield(L, -2, name);
}

static void number(lua_State *L, const char *name, int64_t value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

static void pairs(lua_State *L, const char *name, const struct proxy_pair *list, size_t n)
{
    if (n == 0)
        return;
    lua_createtable(L, 0, (int)n);
    for (size_t i = 0; i < n; i++) {
        push_str(L, list[i].name);
        push_str(L, list[i].value);
        lua_rawset(L, -3);
    }
    lua_setfield(L, -2, name);
}

/* An authorizer's answer is small and rare: by way of its text. */
static void authorizer(lua_State *L, const cJSON *tree)
{
    struct buf *out = lib_out(L);
    json_print(out, tree);
    lua_pushlstring(L, out->p, out->n); /* json_take may use the buffers */
    json_take(L, str_n(lua_tostring(L, -1), lua_rawlen(L, -1)));
    lua_setfield(L, -3, "authorizer");
    lua_pop(L, 1);
}

/* --- format 1.0 ---------------------------------------------------------------------------------------- */

/* One more value of `name`: into `single` (the last one stays) and at the end of its list in `multi`. */
static void add_value(lua_State *L, int single, int multi, struct str name, struct str value)
{
    push_str(L, name);
    push_str(L, value);
    lua_pushvalue(L, -2);
    if (lua_rawget(L, multi) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_createtable(L, 1, 0); /* name, value, list */
        lua_pushvalue(L, -3);
        lua_pushvalue(L, -2);
        lua_rawset(L, multi);
    }
    lua_pushvalue(L, -2);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_pop(L, 1);
    lua_rawset(L, single);
}

static void headers1(lua_State *L, const struct http_headers *h)
{
    if (h->n == 0)
        return;
    lua_createtable(L, 0, (int)h->n);
    lua_createtable(L, 0, (int)h->n);
    int multi = lua_gettop(L), single = multi - 1;
    for (size_t i = 0; i < h->n; i++)
        add_value(L, single, multi, h->list[i].name, h->list[i].value);
    lua_setfield(L, -3, "multiValueHeaders");
    lua_setfield(L, -2, "headers");
}

static void query1(lua_State *L, struct str query, struct arena *a)
{
    struct proxy_pair *list;
    size_t n = proxy_query(a, query, &list);
    if (n == 0)
        return;
    lua_createtable(L, 0, (int)n);
    lua_createtable(L, 0, (int)n);
    int multi = lua_gettop(L), single = multi - 1;
    for (size_t i = 0; i < n; i++)
        add_value(L, single, multi, list[i].name, list[i].value);
    lua_setfield(L, -3, "multiValueQueryStringParameters");
    lua_setfield(L, -2, "queryStringParameters");
}

static void identity(lua_State *L, const struct proxy_event *e)
{
    lua_createtable(L, 0, 4);
    text(L, "sourceIp", e->http->remote);
    text(L, "userAgent", proxy_user_agent(e));
    text(L, "apiKey", e->api_key);
    text(L, "apiKeyId", e->api_key_id);
    lib_mark(L, SLOT_IDENTITY);
    lua_setfield(L, -2, "identity");
}

static void context1(lua_State *L, const struct proxy_event *e, struct arena *a)
{
    char when[PROXY_TIME_SIZE];
    lua_createtable(L, 0, 16);
    text(L, "accountId", e->account);
    text(L, "apiId", e->api_id);
    text(L, "domainName", e->domain);
    text(L, "domainPrefix", proxy_domain_prefix(e));
    text(L, "extendedRequestId", e->extended_id);
    text(L, "httpMethod", e->http->method);
    identity(L, e);
    text(L, "path", proxy_context_path(e, a));
    text(L, "protocol", proxy_protocol(e));
    text(L, "requestId", e->request_id);
    text(L, "requestTime", proxy_time(e->time, when));
    number(L, "requestTimeEpoch", e->time);
    text(L, "resourceId", e->resource_id);
    text(L, "resourcePath", e->resource);
    text(L, "stage", e->stage);
    if (e->authorizer) {
        authorizer(L, e->authorizer);
    } else if (!e->rest) {
        lua_newtable(L);
        lib_mark(L, SLOT_AUTHORIZER1);
        lua_setfield(L, -2, "authorizer");
    }
    lib_mark(L, SLOT_CONTEXT1);
    lua_setfield(L, -2, "requestContext");
}

static void event1(lua_State *L, const struct proxy_event *e, struct arena *a)
{
    lua_createtable(L, 0, 16);
    if (!e->rest)
        text(L, "version", STR("1.0"));
    text(L, "resource", e->resource);
    text(L, "path", e->path);
    text(L, "httpMethod", e->http->method);
    headers1(L, &e->http->headers);
    query1(L, e->http->query, a);
    pairs(L, "pathParameters", e->path_parameters, e->path_parameter_count);
    pairs(L, "stageVariables", e->stage_variables, e->stage_variable_count);
    context1(L, e, a);
    text(L, "body", e->body);
    lib_mark(L, SLOT_EVENT1);
}

/* --- format 2.0 ---------------------------------------------------------------------------------------- */

/* Stack: map, name, value -> map; values of one name are joined by commas. */
static void join_value(lua_State *L)
{
    lua_pushvalue(L, -2);
    if (lua_rawget(L, -4) == LUA_TNIL) {
        lua_pop(L, 1);
    } else {
        lua_insert(L, -2); /* map, name, before, value */
        lua_pushliteral(L, ",");
        lua_insert(L, -2);
        lua_concat(L, 3);
    }
    lua_rawset(L, -3);
}

static void push_lower(lua_State *L, struct str s)
{
    char small[64];
    if (s.n > sizeof(small)) {
        luaL_Buffer b;
        char *z = luaL_buffinitsize(L, &b, s.n);
        for (size_t i = 0; i < s.n; i++)
            z[i] = (char)tolower((unsigned char)s.p[i]);
        luaL_pushresultsize(&b, s.n);
        return;
    }
    for (size_t i = 0; i < s.n; i++)
        small[i] = (char)tolower((unsigned char)s.p[i]);
    lua_pushlstring(L, small, s.n);
}

static void headers2(lua_State *L, const struct http_headers *h)
{
    lua_createtable(L, 0, (int)h->n);
    for (size_t i = 0; i < h->n; i++) {
        if (proxy_is_cookie(h->list[i].name))
            continue;
        push_lower(L, h->list[i].name);
        push_str(L, h->list[i].value);
        join_value(L);
    }
    lua_setfield(L, -2, "headers");
}

static void cookies(lua_State *L, const struct http_headers *h)
{
    struct str cookie;
    lua_Integer n = 0;
    for (size_t i = 0; i < h->n; i++) {
        struct str rest = h->list[i].value;
        while (proxy_is_cookie(h->list[i].name) && proxy_cookie(&rest, &cookie)) {
            if (n == 0)
                lua_newtable(L);
            push_str(L, cookie);
            lua_rawseti(L, -2, ++n);
        }
    }
    if (n)
        lua_setfield(L, -2, "cookies");
}

static void query2(lua_State *L, struct str query, struct arena *a)
{
    struct proxy_pair *list;
    size_t n = proxy_query(a, query, &list);
    if (n == 0)
        return;
    lua_createtable(L, 0, (int)n);
    for (size_t i = 0; i < n; i++) {
        push_str(L, list[i].name);
        push_str(L, list[i].value);
        join_value(L);
    }
    lua_setfield(L, -2, "queryStringParameters");
}

static void context2(lua_State *L, const struct proxy_event *e)
{
    char when[PROXY_TIME_SIZE];
    lua_createtable(L, 0, 16);
    text(L, "accountId", e->account);
    text(L, "apiId", e->api_id);
    if (e->authorizer)
        authorizer(L, e->authorizer);
    text(L, "domainName", e->domain);
    text(L, "domainPrefix", proxy_domain_prefix(e));
    lua_createtable(L, 0, 5);
    text(L, "method", e->http->method);
    text(L, "path", e->path);
    text(L, "protocol", proxy_protocol(e));
    text(L, "sourceIp", e->http->remote);
    text(L, "userAgent", proxy_user_agent(e));
    lua_setfield(L, -2, "http");
    text(L, "requestId", e->request_id);
    text(L, "routeKey", e->route_key);
    text(L, "stage", e->stage);
    text(L, "time", proxy_time(e->time, when));
    number(L, "timeEpoch", e->time);
    lua_setfield(L, -2, "requestContext");
}

static void event2(lua_State *L, const struct proxy_event *e, struct arena *a)
{
    lua_createtable(L, 0, 16);
    text(L, "version", STR("2.0"));
    text(L, "routeKey", e->route_key);
    text(L, "rawPath", e->path);
    text(L, "rawQueryString", e->http->query.p ? e->http->query : STR(""));
    cookies(L, &e->http->headers);
    headers2(L, &e->http->headers);
    query2(L, e->http->query, a);
    context2(L, e);
    text(L, "body", e->body);
    pairs(L, "pathParameters", e->path_parameters, e->path_parameter_count);
    pairs(L, "stageVariables", e->stage_variables, e->stage_variable_count);
}

void event_push(lua_State *L, const struct proxy_event *e, struct arena *a)
{
    luaL_checkstack(L, 24, NULL);
    if (e->format == 2)
        event2(L, e, a);
    else
        event1(L, e, a);
    lua_pushboolean(L, e->body_base64);
    lua_setfield(L, -2, "isBase64Encoded");
}
