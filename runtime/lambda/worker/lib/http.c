/* http: outgoing requests.  The main process makes them (frames.h); a handler waits as for an aws call.
 *
 *   http.request{url=, method=, headers={}, body=, timeout=ms} -> {status=, headers={}, body=}
 *   http.get(url, {options}), http.post(url, body, {options})
 *
 * A status of 400 and more is an answer, not an error; an error is that no answer came (code HttpError). What
 * stands in the request's head is text without control characters: none begins a line of its own. */
#include "lib.h"

#include "base/codec.h"
#include <limits.h>

#define TIMEOUT_MS 30000

static int answered(lua_State *L, int status, lua_KContext ctx)
{
    (void)status, (void)ctx;
    struct str text = fault_or_answer(L);
    lua_settop(L, 0);
    json_take(L, text);
    lua_createtable(L, 0, 3);
    lua_getfield(L, 1, "Status");
    lua_setfield(L, 2, "status");
    lua_getfield(L, 1, "Headers");
    lua_setfield(L, 2, "headers");
    lua_getfield(L, 1, "BodyBase64");
    bool base64 = lua_toboolean(L, -1);
    lua_getfield(L, 1, "Body");
    struct str body = STR("");
    if (lua_type(L, -1) == LUA_TSTRING)
        body.p = lua_tolstring(L, -1, &body.n);
    if (base64) {
        struct buf *out = lib_out(L);
        codec_unbase64(out, body);
        body = buf_view(out);
    }
    lua_pushlstring(L, body.p, body.n);
    lua_setfield(L, 2, "body");
    lua_settop(L, 2);
    return 1;
}

/* The member of the options as text, "" when absent; stays on the stack. */
static struct str option(lua_State *L, const char *name)
{
    struct str s = STR("");
    if (lua_getfield(L, 1, name) == LUA_TNIL)
        return s;
    if (!lua_isstring(L, -1))
        luaL_error(L, "http.request: '%s' must be a string", name);
    s.p = lua_tolstring(L, -1, &s.n);
    return s;
}

static void check_text(lua_State *L, const char *what, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            luaL_error(L, "http.request: the control character %d in %s", s.p[i], what);
    if (!codec_utf8_valid(s))
        luaL_error(L, "http.request: %s is not UTF-8", what);
}

/* The name or the value of a header; a number on the top, which is a copy, becomes text. */
static struct str header_part(lua_State *L, int idx, const char *what)
{
    struct str s;
    s.p = lua_tolstring(L, idx, &s.n);
    check_text(L, what, s);
    return s;
}

/* Stack: the table at `headers`. */
static void put_headers(lua_State *L, int headers, struct buf *out)
{
    const char *comma = "";
    buf_char(out, '{');
    lua_pushnil(L);
    while (lua_istable(L, headers) && lua_next(L, headers)) {
        if (lua_type(L, -2) != LUA_TSTRING || !lua_isstring(L, -1))
            luaL_error(L, "http.request: names and values of 'headers' must be strings");
        buf_z(out, comma);
        comma = ",";
        buf_json(out, header_part(L, -2, "a header's name"));
        buf_char(out, ':');
        buf_json(out, header_part(L, -1, "a header's value"));
        lua_pop(L, 1);
    }
    buf_char(out, '}');
}

static void put_body(struct buf *out, struct str body)
{
    bool text = codec_utf8_valid(body);
    buf_z(out, ",\"BodyBase64\":");
    buf_z(out, text ? "false" : "true");
    buf_z(out, ",\"Body\":");
    if (text) {
        buf_json(out, body);
        return;
    }
    buf_char(out, '"');
    codec_base64(out, body);
    buf_char(out, '"');
}

static void check_options(lua_State *L)
{
    static const char *const known[] = {"url", "method", "headers", "body", "timeout"};
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "a number";
        size_t i = 0;
        while (i < sizeof(known) / sizeof(*known) && strcmp(known[i], name) != 0)
            i++;
        if (i == sizeof(known) / sizeof(*known))
            luaL_error(L, "http.request: unknown option '%s'", name);
        lua_pop(L, 1);
    }
}

/* Stack: options. */
static int send(lua_State *L)
{
    check_options(L);
    struct str url = option(L, "url"), method = option(L, "method"), body = option(L, "body");
    lua_Integer timeout = TIMEOUT_MS;
    int whole = 1;
    if (lua_getfield(L, 1, "timeout") != LUA_TNIL)
        timeout = lua_tointegerx(L, -1, &whole);
    if (url.n == 0)
        return luaL_error(L, "http.request: no url");
    check_text(L, "the url", url);
    check_text(L, "the method", method);
    if (!whole || timeout <= 0 || timeout > INT_MAX)
        return luaL_error(L, "http.request: timeout must be a number of milliseconds");
    if (lua_getfield(L, 1, "headers") != LUA_TNIL && !lua_istable(L, -1))
        return luaL_error(L, "http.request: 'headers' must be a table");
    int headers = lua_gettop(L);
    struct buf *out = lib_out(L);
    buf_z(out, "{\"Method\":");
    buf_json(out, method.n ? method : STR("GET"));
    buf_z(out, ",\"Url\":");
    buf_json(out, url);
    buf_printf(out, ",\"TimeoutMs\":%lld,\"Headers\":", (long long)timeout);
    put_headers(L, headers, out);
    put_body(out, body);
    buf_char(out, '}');
    return env_call(L, STR("http"), STR("Request"), 0, answered);
}

/* The options' table at `idx` (a new one when there is none) alone on the stack, with what is on the top as
 * member `name`. */
static void make_options(lua_State *L, int idx)
{
    if (lua_isnoneornil(L, idx)) {
        lua_newtable(L);
    } else {
        luaL_checktype(L, idx, LUA_TTABLE);
        lua_newtable(L); /* a copy: the guest's table stays as it is */
        lua_pushnil(L);
        while (lua_next(L, idx)) {
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            lua_rawset(L, -4);
        }
    }
}

static int get(lua_State *L)
{
    luaL_checkstring(L, 1);
    lua_settop(L, 2);
    make_options(L, 2);
    lua_pushvalue(L, 1);
    lua_setfield(L, -2, "url");
    lua_replace(L, 1);
    return send(L);
}

static int post(lua_State *L)
{
    luaL_checkstring(L, 1);
    luaL_checkstring(L, 2);
    lua_settop(L, 3);
    make_options(L, 3);
    lua_pushvalue(L, 1);
    lua_setfield(L, -2, "url");
    lua_pushvalue(L, 2);
    lua_setfield(L, -2, "body");
    lua_pushliteral(L, "POST");
    lua_setfield(L, -2, "method");
    lua_replace(L, 1);
    return send(L);
}

void lib_http_open(lua_State *L)
{
    static const luaL_Reg functions[] = {{"request", send}, {"get", get}, {"post", post}, {NULL, NULL}};
    luaL_newlib(L, functions);
}
