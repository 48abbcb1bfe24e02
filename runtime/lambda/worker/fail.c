#include "fail.h"

#include "lib/lib.h"
#include "preempt.h"
#include <stdarg.h>

#define TRACE_HEAD 12 /* of a deep stack: its first and last levels */
#define TRACE_TAIL 8
#define TRACE_DEEP 4096 /* Lua finds a level by walking to it: beyond so many the last ones are left out */
#define MESSAGE_MAX (64u << 10)

int fail_raise(lua_State *L, const char *type, const char *fmt, ...)
{
    va_list args;
    struct env *e = env_of(L);
    va_start(args, fmt);
    lua_pushvfstring(L, fmt, args);
    va_end(args);
    e->fail_type = type;
    lua_pushvalue(L, -1);
    lua_rawseti(L, LUA_REGISTRYINDEX, SLOT_FAILURE);
    return lua_error(L);
}

/* --- the stack ----------------------------------------------------------------------------------------- */

/* The number of levels; TRACE_DEEP when there are more. */
static int depth(lua_State *L)
{
    lua_Debug ar;
    int low = 0, high = TRACE_DEEP;
    if (lua_getstack(L, high, &ar))
        return high;
    while (low < high) {
        int middle = (low + high) / 2;
        if (lua_getstack(L, middle, &ar))
            low = middle + 1;
        else
            high = middle;
    }
    return high;
}

static bool is_handler(lua_State *L, lua_Debug *ar)
{
    lua_getinfo(L, "f", ar);
    lua_rawgeti(L, LUA_REGISTRYINDEX, SLOT_HANDLER);
    bool is = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return is;
}

static struct str handler_name(const struct env *e)
{
    struct str name = e->x->spec.handler;
    for (size_t i = name.n; i > 0; i--)
        if (name.p[i - 1] == '.')
            return str_sub(name, i, name.n);
    return name;
}

static void put_level(struct env *e, lua_State *L, lua_Debug *ar, struct buf *out)
{
    struct buf line;
    buf_init(&line, 512);
    buf_printf(&line, "%s:%d: in ", ar->short_src, ar->currentline);
    if (*ar->what == 'm')
        buf_z(&line, "main chunk");
    else if (*ar->namewhat)
        buf_printf(&line, "%s '%s'", ar->namewhat, ar->name);
    else if (is_handler(L, ar))
        buf_printf(&line, "function '%.*s'", STR_ARG(handler_name(e)));
    else
        buf_printf(&line, "function <%s:%d>", ar->short_src, ar->linedefined);
    buf_json(out, buf_view(&line));
    buf_release(&line);
}

/* The guest's levels only: no C functions, nothing of ours. */
static void put_trace(struct env *e, lua_State *L, struct buf *out)
{
    lua_Debug ar;
    bool some = false;
    int levels = depth(L);
    buf_char(out, '[');
    for (int i = 0; i < levels && lua_getstack(L, i, &ar); i++) {
        if (levels > TRACE_HEAD + TRACE_TAIL && i == TRACE_HEAD) {
            i = levels - TRACE_TAIL;
            buf_z(out, some ? ",\"...\"" : "\"...\"");
            some = true;
            if (levels == TRACE_DEEP || !lua_getstack(L, i, &ar))
                break;
        }
        lua_getinfo(L, "nSl", &ar);
        if (*ar.what == 'C')
            continue;
        if (some)
            buf_char(out, ',');
        some = true;
        put_level(e, L, &ar, out);
    }
    buf_char(out, ']');
}

/* --- the error's value --------------------------------------------------------------------------------- */

static struct str field(lua_State *L, int t, const char *name)
{
    struct str s = STR_NONE;
    lua_pushstring(L, name);
    lua_rawget(L, t);
    if (lua_type(L, -1) == LUA_TSTRING)
        s.p = lua_tolstring(L, -1, &s.n);
    return s; /* the string stays on the stack */
}

/* errorMessage of what is neither text nor a table that says it: as tostring shows it. */
static struct str shown(lua_State *L, int idx)
{
    struct str s;
    if (lua_istable(L, idx) && !luaL_getmetafield(L, idx, "__tostring")) {
        struct buf *out = lib_out(L);
        json_put(L, idx, out, JSON_LENIENT);
        lua_pushlstring(L, out->p, out->n);
        s.p = lua_tolstring(L, -1, &s.n);
        return s;
    }
    s.p = luaL_tolstring(L, idx, &s.n);
    return s;
}

static void describe(lua_State *L, int idx, struct str *type, struct str *message)
{
    struct env *e = env_of(L);
    *type = *message = STR_NONE;
    if (lua_istable(L, idx)) {
        *type = field(L, idx, "errorType");
        if (!type->p)
            *type = field(L, idx, "code");
        *message = field(L, idx, "errorMessage");
        if (!message->p)
            *message = field(L, idx, "message");
    } else if (e->fail_type) {
        lua_rawgeti(L, LUA_REGISTRYINDEX, SLOT_FAILURE);
        if (lua_rawequal(L, -1, idx))
            *type = str_z(e->fail_type);
    }
    if (!message->p)
        *message = shown(L, idx);
    if (!type->p)
        *type = e->stage == STAGE_EVENT    ? STR("Runtime.UnmarshalError")
                : e->stage == STAGE_RESULT ? STR("Runtime.MarshalError")
                                           : STR("Error");
}

struct failure {
    lua_State *from;
    struct buf *out;
};

/* Arguments: struct failure, the error's value. */
static int write_failure(lua_State *L)
{
    const struct failure *f = lua_touserdata(L, 1);
    struct str type, message;
    describe(L, 2, &type, &message);
    buf_clear(f->out);
    buf_z(f->out, "{\"errorMessage\":");
    lua_pushlstring(L, message.p, message.n < MESSAGE_MAX ? message.n : MESSAGE_MAX);
    json_put(L, -1, f->out, JSON_LENIENT);
    buf_z(f->out, ",\"errorType\":");
    lua_pushlstring(L, type.p, type.n);
    json_put(L, -1, f->out, JSON_LENIENT);
    buf_z(f->out, ",\"stackTrace\":");
    put_trace(env_of(L), f->from, f->out);
    buf_char(f->out, '}');
    return 0;
}

static bool describe_safely(struct env *e, lua_State *from, struct buf *out)
{
    lua_State *L = e->L;
    struct failure f = {from, out};
    if (!lua_checkstack(L, 4) || !lua_checkstack(from, 4))
        return false;
    lua_pushvalue(from, -1);
    if (from != L)
        lua_xmove(from, L, 1);
    lua_pushcfunction(L, write_failure);
    lua_insert(L, -2);
    lua_pushlightuserdata(L, &f);
    lua_insert(L, -2);
    lua_State *before = preempt_enter(e, L); /* a guest's __tostring may run */
    bool good = lua_pcall(L, 2, 0, 0) == LUA_OK;
    preempt_leave(e, before);
    if (!good)
        lua_pop(L, 1);
    return good;
}

void fail_error(struct env *e, lua_State *from, struct buf *out)
{
    if (describe_safely(e, from, out))
        return;
    buf_clear(out);
    buf_z(out, "{\"errorMessage\":\"an error that cannot be shown\",\"errorType\":\"Error\","
               "\"stackTrace\":[]}");
}

/* --- ends of an environment ---------------------------------------------------------------------------- */

void fail_timeout(const struct env *e, struct buf *out)
{
    buf_clear(out);
    buf_printf(out,
               "{\"errorType\":\"Sandbox.Timedout\",\"errorMessage\":\"RequestId: %.*s Error: Task timed out "
               "after %.2f seconds\"}",
               STR_ARG(e->request_id), (double)e->x->spec.timeout_ms / 1000);
}

void fail_memory(const struct env *e, struct buf *out)
{
    buf_clear(out);
    buf_printf(
        out,
        "{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: %.*s Error: Runtime exited "
        "with error: signal: killed\"}",
        STR_ARG(e->request_id));
}
