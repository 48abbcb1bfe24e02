#include "event.h"

#include "base/json.h"
#include "lib/lib.h"
#include <ctype.h>

static const char *const context_nulls[] = {"resourceId", "extendedRequestId", NULL};
static const char *const authorizer_nulls[] = {"claims", "scopes", NULL};
static const char *const no_nulls[] = {NULL};

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

/* A map, nil when it is empty. */
static void push_pairs(lua_State *L, const struct proxy_pair *list, size_t n)
{
    if (n == 0) {
        lua_pushnil(L);
        return;
    }
    lua_createtable(L, 0, (int)n);
    for (size_t i = 0; i < n; i++) {
        push_str(L, list[i].name);
        push_str(L, list[i].value);
        lua_rawset(L, -3);
    }
}

static void pairs(lua_State *L, const char *name, const struct proxy_pair *list, size_t n)
{
    if (n == 0)
        return;
    push_pairs(L, list, n);
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

/* --- what late parts are made from --------------------------------------------------------------------- */

static const char source_key; /* its address is the key in the event */

/* Copies the text to *at. */
static void move_text(struct str *s, char **at)
{
    if (!s->p)
        return;
    memcpy(*at, s->p, s->n);
    s->p = *at;
    *at += s->n;
}

/* The fields that late parts need, all in one block. */
struct source {
    unsigned made; /* bits of the late parts that were: what the guest took out stays out */
    struct proxy_event event;
    struct http_request http;
    struct http_header headers[];
};

enum { TEXTS = 18 };

static struct str *const *texts_of(struct source *s, struct str *list[TEXTS])
{
    struct proxy_event *e = &s->event;
    struct str *const all[TEXTS] = {
        &e->resource,   &e->route_key,   &e->path,        &e->stage,       &e->api_id,    &e->account,
        &e->domain,     &e->request_id,  &e->resource_id, &e->extended_id, &e->api_key,   &e->api_key_id,
        &s->http.query, &s->http.method, &s->http.remote, &e->region,      &e->path_sent, &e->deployment_id,
    };
    memcpy(list, all, sizeof(all));
    return list;
}

/* Into the event at the top of the stack. */
static void keep_source(lua_State *L, const struct proxy_event *e)
{
    const struct http_headers *h = &e->http->headers;
    struct source copy = {.event = *e, .http = *e->http}, *s;
    struct str *list[TEXTS];
    size_t size = sizeof(copy) + h->n * sizeof(*h->list);
    texts_of(&copy, list);
    for (size_t i = 0; i < TEXTS; i++)
        size += list[i]->n;
    for (size_t i = 0; i < h->n; i++)
        size += h->list[i].name.n + h->list[i].value.n;

    s = lua_newuserdatauv(L, size, 0);
    copy.event.authorizer = NULL; /* what late parts do not need is not kept */
    copy.event.body = STR_NONE;
    copy.event.path_parameters = copy.event.stage_variables = NULL;
    *s = copy;
    char *at = (char *)(s->headers + h->n);
    texts_of(s, list);
    for (size_t i = 0; i < TEXTS; i++)
        move_text(list[i], &at);
    if (h->n)
        memcpy(s->headers, h->list, h->n * sizeof(*h->list));
    for (size_t i = 0; i < h->n; i++) {
        move_text(&s->headers[i].name, &at);
        move_text(&s->headers[i].value, &at);
    }
    s->http.headers = (struct http_headers){s->headers, h->n, h->n};
    s->event.http = &s->http;
    lua_rawsetp(L, -2, &source_key);
}

/* --- format 1.0 ---------------------------------------------------------------------------------------- */

/* Late parts: each pushes its value, nil when there is none. */
static void late_text(lua_State *L, struct str s)
{
    if (s.p)
        push_str(L, s);
    else
        lua_pushnil(L);
}

static void late_version1(lua_State *L, const struct proxy_event *e, struct arena *a)
{
    (void)a;
    late_text(L, e->rest ? STR_NONE : STR("1.0"));
}

static void late_method(lua_State *L, const struct proxy_event *e, struct arena *a)
{
    (void)a;
    late_text(L, e->http->method);
}

static void late_headers1(lua_State *L, const struct proxy_event *e, struct arena *a)
{
    const struct http_headers *h = &e->http->headers;
    (void)a;
    if (h->n == 0) {
        lua_pushnil(L);
        return;
    }
    lua_createtable(L, 0, (int)h->n);
    for (size_t i = 0; i < h->n; i++) {
        push_str(L, h->list[i].name);
        push_str(L, h->list[i].value);
        lua_rawset(L, -3);
    }
}

static void late_query1(lua_State *L, const struct proxy_event *e, struct arena *a)
{
    struct proxy_pair *list;
    size_t n = proxy_query(a, e->http->query, &list);
    push_pairs(L, list, n);
}

/* One more value at the end of the name's list in the map at the top. */
static void add_value(lua_State *L, struct str name, struct str value)
{
    push_str(L, name);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_createtable(L, 1, 0); /* map, name, list */
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        lua_rawset(L, -5);
    }
    push_str(L, value);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_pop(L, 2);
}

static void late_multi_headers(lua_State *L, const struct proxy_event *e, struct arena *a)
{
    const struct http_headers *h = &e->http->headers;
    (void)a;
    if (h->n == 0) {
        lua_pushnil(L);
        return;
    }
    lua_createtable(L, 0, (int)h->n);
    for (size_t i = 0; i < h->n; i++)
        add_value(L, h->list[i].name, h->list[i].value);
}

static void late_multi_query(lua_State *L, const struct proxy_event *e, struct arena *a)
{
    struct proxy_pair *list;
    size_t n = proxy_query(a, e->http->query, &list);
    if (n == 0) {
        lua_pushnil(L);
        return;
    }
    lua_createtable(L, 0, (int)n);
    for (size_t i = 0; i < n; i++)
        add_value(L, list[i].name, list[i].value);
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

static void late_context1(lua_State *L, const struct proxy_event *e, struct arena *a)
{
    char when[PROXY_TIME_SIZE];
    lua_createtable(L, 0, 16);
    text(L, "accountId", e->account);
    text(L, "apiId", e->api_id);
    text(L, "deploymentId", e->deployment_id);
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

static void late_headers2(lua_State *L, const struct proxy_event *e, struct arena *a)
{
    const struct http_headers *h = &e->http->headers;
    (void)a;
    lua_createtable(L, 0, (int)h->n);
    for (size_t i = 0; i < h->n; i++) {
        if (proxy_is_cookie(h->list[i].name))
            continue;
        push_lower(L, h->list[i].name);
        push_str(L, h->list[i].value);
        join_value(L);
    }
}

static void late_cookies(lua_State *L, const struct proxy_event *e, struct arena *a)
{
    const struct http_headers *h = &e->http->headers;
    struct str cookie;
    lua_Integer n = 0;
    (void)a;
    lua_pushnil(L);
    for (size_t i = 0; i < h->n; i++) {
        struct str rest = h->list[i].value;
        while (proxy_is_cookie(h->list[i].name) && proxy_cookie(&rest, &cookie)) {
            if (n == 0) {
                lua_pop(L, 1);
                lua_newtable(L);
            }
            push_str(L, cookie);
            lua_rawseti(L, -2, ++n);
        }
    }
}

static void late_query2(lua_State *L, const struct proxy_event *e, struct arena *a)
{
    struct proxy_pair *list;
    size_t n = proxy_query(a, e->http->query, &list);
    if (n == 0) {
        lua_pushnil(L);
        return;
    }
    lua_createtable(L, 0, (int)n);
    for (size_t i = 0; i < n; i++) {
        push_str(L, list[i].name);
        push_str(L, list[i].value);
        join_value(L);
    }
}

static void late_version2(lua_State *L, const struct proxy_event *e, struct arena *a)
{
    (void)e, (void)a;
    lua_pushliteral(L, "2.0");
}

static void late_raw_query(lua_State *L, const struct proxy_event *e, struct arena *a)
{
    (void)a;
    late_text(L, e->http->query.p ? e->http->query : STR(""));
}

static void late_context2(lua_State *L, const struct proxy_event *e, struct arena *a)
{
    (void)a;
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
}

/* --- the late parts ------------------------------------------------------------------------------------ */

struct late {
    const char *name;
    void (*push)(lua_State *L, const struct proxy_event *e, struct arena *a);
    size_t text; /* without push: where the event has it */
};
static const struct late late1[] = {
    {"version", .push = late_version1},
    {"resource", .text = offsetof(struct proxy_event, resource)},
    {"path", .text = offsetof(struct proxy_event, path_sent)},
    {"httpMethod", .push = late_method},
    {"headers", .push = late_headers1},
    {"multiValueHeaders", .push = late_multi_headers},
    {"queryStringParameters", .push = late_query1},
    {"multiValueQueryStringParameters", .push = late_multi_query},
    {"requestContext", .push = late_context1},
    {0},
};
static const struct late late2[] = {
    {"version", .push = late_version2},
    {"routeKey", .text = offsetof(struct proxy_event, route_key)},
    {"rawPath", .text = offsetof(struct proxy_event, path)},
    {"rawQueryString", .push = late_raw_query},
    {"cookies", .push = late_cookies},
    {"headers", .push = late_headers2},
    {"queryStringParameters", .push = late_query2},
    {"requestContext", .push = late_context2},
    {0},
};

/* Tables that say null for nil, or that are not complete until somebody looks at all of them. */
struct kind {
    enum env_slot slot;
    const char *const *nulls;
    void (*complete)(lua_State *L, int t, const struct kind *kind);
    const struct late *late;
};

/* The event's source, or NULL when all its late parts are made.  The guest may have got hold of the key: only
 * a full userdata counts, of which it has no others. */
static struct source *source_of(lua_State *L, int t)
{
    struct source *s = NULL;
    if (lua_rawgetp(L, t, &source_key) == LUA_TUSERDATA)
        s = lua_touserdata(L, -1);
    lua_pop(L, 1); /* the event still holds it */
    return s;
}

/* Pushes a part that is made now, or nil when it was before. */
static void push_late(lua_State *L, struct source *s, const struct kind *kind, const struct late *late)
{
    unsigned bit = 1u << (late - kind->late);
    if (s->made & bit)
        lua_pushnil(L);
    else if (late->push)
        late->push(L, &s->event, &env_of(L)->arena);
    else
        late_text(L, *(const struct str *)((const char *)&s->event + late->text));
    s->made |= bit;
}

/* The late part that the name at 2 is of the event at 1, and what it is made from; NULL: of none. */
static const struct late *late_of(lua_State *L, const struct kind *kind, struct source **s)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
    const struct late *late = kind->late;
    while (late->name && strcmp(late->name, name) != 0)
        late++;
    *s = late->name ? source_of(L, 1) : NULL;
    return *s ? late : NULL;
}

/* event[name], when it is not there: upvalue 1 is its kind. */
static int index_event(lua_State *L)
{
    const struct kind *kind = lua_touserdata(L, lua_upvalueindex(1));
    struct source *s;
    const struct late *late = late_of(L, kind, &s);
    if (!late)
        return 0;
    luaL_checkstack(L, 24, NULL);
    push_late(L, s, kind, late);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_rawset(L, 1);
    return 1;
}

/* event[name] = value, when it is not there: a part that the guest puts there, or takes out (nil), counts as
 * made.  Upvalue 1 is its kind. */
static int newindex_event(lua_State *L)
{
    const struct kind *kind = lua_touserdata(L, lua_upvalueindex(1));
    struct source *s;
    const struct late *late = late_of(L, kind, &s);
    if (late)
        s->made |= 1u << (late - kind->late);
    lua_settop(L, 3);
    lua_rawset(L, 1);
    return 0;
}

/* Makes the late parts that the guest has not put there itself. */
static void complete_event(lua_State *L, int t, const struct kind *kind)
{
    struct source *s = source_of(L, t);
    for (const struct late *late = kind->late; s && late->name; late++) {
        lua_pushstring(L, late->name);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, t) == LUA_TNIL) {
            lua_pop(L, 1);
            push_late(L, s, kind, late);
            lua_rawset(L, t);
        } else {
            lua_pop(L, 2);
        }
    }
    lua_pushnil(L);
    lua_rawsetp(L, t, &source_key);
}

/* Copies what stays the same into `context`, and lets it be a plain table. */
static void complete_context(lua_State *L, int t, const struct kind *kind)
{
    (void)kind;
    lua_rawgeti(L, LUA_REGISTRYINDEX, SLOT_CONTEXT);
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        lua_pushvalue(L, -2);
        if (lua_rawget(L, t) == LUA_TNIL) {
            lua_pop(L, 1);
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            lua_rawset(L, t);
        } else {
            lua_pop(L, 2);
        }
    }
    lua_pop(L, 1);
    lua_pushnil(L);
    lua_setmetatable(L, t);
}

static const struct kind kinds[] = {
    {SLOT_EVENT1, proxy_event_nulls, complete_event, late1},
    {SLOT_EVENT2, no_nulls, complete_event, late2},
    {SLOT_CALLED, no_nulls, complete_context, NULL},
    {SLOT_IDENTITY, proxy_identity_nulls, NULL, NULL},
    {SLOT_CONTEXT1, context_nulls, NULL, NULL},
    {SLOT_AUTHORIZER1, authorizer_nulls, NULL, NULL},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

const char *const *event_complete(lua_State *L, int t)
{
    if (!lua_getmetatable(L, t))
        return NULL;
    const void *mark = lua_topointer(L, -1), *const *marks = env_of(L)->mark;
    size_t i = 0;
    lua_pop(L, 1);
    while (i < KINDS && marks[kinds[i].slot] != mark)
        i++;
    if (i == KINDS)
        return NULL;
    luaL_checkstack(L, 24, NULL);
    if (kinds[i].complete)
        kinds[i].complete(L, t, &kinds[i]);
    return kinds[i].nulls;
}

/* pairs(t).  Upvalue: next. */
static int pairs_of(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    event_complete(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

static void open_kind(lua_State *L, const struct kind *kind)
{
    lib_new_mark(L, kind->slot, NULL);
    lua_rawgeti(L, LUA_REGISTRYINDEX, kind->slot);
    if (kind->late) {
        lua_pushlightuserdata(L, (void *)kind);
        lua_pushcclosure(L, index_event, 1);
        lua_setfield(L, -2, "__index");
        lua_pushlightuserdata(L, (void *)kind);
        lua_pushcclosure(L, newindex_event, 1);
        lua_setfield(L, -2, "__newindex");
    }
    if (kind->complete) {
        lua_getglobal(L, "next");
        lua_pushcclosure(L, pairs_of, 1);
        lua_setfield(L, -2, "__pairs");
    }
    lua_pop(L, 1);
}

void event_open(lua_State *L)
{
    for (size_t i = 0; i < KINDS; i++)
        open_kind(L, &kinds[i]);
}

/* An authorizer's tree is not kept, so its requestContext is made at once. */
static void context_now(lua_State *L, const struct proxy_event *e, struct arena *a)
{
    if (e->format == 2)
        late_context2(L, e, a);
    else
        late_context1(L, e, a);
    lua_setfield(L, -2, "requestContext");
}

void event_push(lua_State *L, const struct proxy_event *e, struct arena *a)
{
    luaL_checkstack(L, 24, NULL);
    lua_createtable(L, 0, 4);
    text(L, "body", e->body);
    pairs(L, "pathParameters", e->path_parameters, e->path_parameter_count);
    pairs(L, "stageVariables", e->stage_variables, e->stage_variable_count);
    lua_pushboolean(L, e->body_base64);
    lua_setfield(L, -2, "isBase64Encoded");
    if (e->authorizer)
        context_now(L, e, a);
    keep_source(L, e);
    lib_mark(L, e->format == 2 ? SLOT_EVENT2 : SLOT_EVENT1);
}

/* --- context ------------------------------------------------------------------------------------------- */

static int remaining(lua_State *L)
{
    const struct env *e = env_of(L);
    int64_t left = e->deadline_us - clock_now_us(e->x->host.clock);
    lua_pushinteger(L, left > 0 ? left / 1000 : 0);
    return 1;
}

/* What stays the same, made with the first invocation: `context` reads it by __index. */
static void make_constants(lua_State *L)
{
    const struct function_spec *s = &env_of(L)->x->spec;
    lua_createtable(L, 0, 8);
    text(L, "function_name", s->name);
    text(L, "function_version", s->version);
    text(L, "invoked_function_arn", s->arn);
    text(L, "log_stream_name", s->log_stream);
    lua_pushfstring(L, "/aws/lambda/%s", s->name.p); /* an arena's copy ends with a zero */
    lua_setfield(L, -2, "log_group_name");
    lua_pushfstring(L, "%d", (int)s->memory_mb);
    lua_setfield(L, -2, "memory_limit_in_mb");
    lua_pushcfunction(L, remaining);
    lua_setfield(L, -2, "get_remaining_time_in_millis");
    lua_pushvalue(L, -1);
    lua_rawseti(L, LUA_REGISTRYINDEX, SLOT_CONTEXT);
    lua_rawgeti(L, LUA_REGISTRYINDEX, SLOT_CALLED);
    lua_insert(L, -2);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}

void event_push_context(lua_State *L, const struct invocation *in)
{
    if (lua_rawgeti(L, LUA_REGISTRYINDEX, SLOT_CONTEXT) != LUA_TTABLE)
        make_constants(L);
    lua_pop(L, 1);
    lua_createtable(L, 0, 2);
    text(L, "aws_request_id", in->request_id);
    if (in->client_context.p) {
        json_take(L, in->client_context);
        lua_setfield(L, -2, "client_context");
    }
    lib_mark(L, SLOT_CALLED);
}
