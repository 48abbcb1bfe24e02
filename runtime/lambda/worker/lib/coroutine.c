/* coroutine: as Lua's own, but it knows which coroutine runs, and hands a wait upward.
 *
 * A handler may wait (for an aws call, for its next slice) anywhere, also inside coroutines of its own.  Such
 * a wait is a yield too; env->wait tells it from the guest's yields.  Whoever resumed the coroutine then
 * yields as well, until the wait reaches the executor, and goes back down the same way afterwards: the guest
 * sees nothing of it. */
#include "../preempt.h"
#include "lib.h"

#define HANDED_UP (-2)
#define FAILED (-1)

static int reset(lua_State *L, lua_State *co)
{
    struct env *e = env_of(L);
    lua_State *before = preempt_enter(e, co); /* the guest's __close may run */
#if LUA_VERSION_RELEASE_NUM >= 50406
    int status = lua_closethread(co, L);
#else
    int status = lua_resetthread(co);
#endif
    preempt_leave(e, before);
    return status;
}

/* The number of results that are now on L; FAILED: the error is; HANDED_UP: L must yield too. */
static int go_on(lua_State *L, lua_State *co, int arguments)
{
    struct env *e = env_of(L);
    int status, results;
    for (;;) {
        lua_State *before = preempt_enter(e, co);
        status = lua_resume(co, L, arguments, &results);
        preempt_leave(e, before);
        if (status != LUA_YIELD || e->wait == WAIT_NONE)
            break;
        if (lua_isyieldable(L))
            return HANDED_UP;
        e->refused = e->wait != WAIT_SLICE;
        e->wait = WAIT_NONE;
        arguments = 0;
    }
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_xmove(co, L, 1);
        return FAILED;
    }
    if (!lua_checkstack(L, results + 1)) {
        lua_pop(co, results);
        lua_pushliteral(L, "too many results to resume");
        return FAILED;
    }
    lua_xmove(co, L, results);
    return results;
}

static int resume(lua_State *L, lua_State *co, int arguments)
{
    if (!lua_checkstack(co, arguments)) {
        lua_pushliteral(L, "too many arguments to resume");
        return FAILED;
    }
    lua_xmove(L, co, arguments);
    return go_on(L, co, arguments);
}

static lua_State *to_coroutine(lua_State *L)
{
    lua_State *co = lua_tothread(L, 1);
    luaL_argexpected(L, co, 1, "coroutine");
    return co;
}

static int create(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    return 1;
}

static int resumed(lua_State *L, int results);

static int resume_again(lua_State *L, int status, lua_KContext ctx)
{
    (void)status, (void)ctx;
    return resumed(L, go_on(L, lua_tothread(L, 1), 0));
}

static int resumed(lua_State *L, int results)
{
    if (results == HANDED_UP)
        return lua_yieldk(L, 0, 0, resume_again);
    lua_pushboolean(L, results != FAILED);
    int values = results == FAILED ? 1 : results;
    lua_insert(L, -(values + 1));
    return values + 1;
}

static int co_resume(lua_State *L)
{
    lua_State *co = to_coroutine(L);
    return resumed(L, resume(L, co, lua_gettop(L) - 1));
}

/* An error leaves through a wrap: the coroutine is closed, and its text says where. */
static int wrap_failed(lua_State *L, lua_State *co)
{
    int status = lua_status(co);
    if (status != LUA_OK && status != LUA_YIELD) {
        status = reset(L, co);
        lua_xmove(co, L, 1);
    }
    if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

static int wrapped(lua_State *L, int results);

static int wrap_again(lua_State *L, int status, lua_KContext ctx)
{
    (void)status, (void)ctx;
    return wrapped(L, go_on(L, lua_tothread(L, lua_upvalueindex(1)), 0));
}

static int wrapped(lua_State *L, int results)
{
    if (results == HANDED_UP)
        return lua_yieldk(L, 0, 0, wrap_again);
    if (results == FAILED)
        return wrap_failed(L, lua_tothread(L, lua_upvalueindex(1)));
    return results;
}

static int call_wrapped(lua_State *L)
{
    return wrapped(L, resume(L, lua_tothread(L, lua_upvalueindex(1)), lua_gettop(L)));
}

static int wrap(lua_State *L)
{
    create(L);
    lua_pushcclosure(L, call_wrapped, 1);
    return 1;
}

static int yield(lua_State *L)
{
    if (L == env_of(L)->co)
        return luaL_error(L, "attempt to yield from outside a coroutine");
    return lua_yield(L, lua_gettop(L));
}

static const char *state_of(lua_State *L, lua_State *co)
{
    lua_Debug ar;
    if (L == co)
        return "running";
    if (lua_status(co) == LUA_YIELD)
        return "suspended";
    if (lua_status(co) != LUA_OK)
        return "dead";
    if (lua_getstack(co, 0, &ar))
        return "normal";
    return lua_gettop(co) == 0 ? "dead" : "suspended";
}

static int status(lua_State *L)
{
    lua_pushstring(L, state_of(L, to_coroutine(L)));
    return 1;
}

static int isyieldable(lua_State *L)
{
    lua_State *co = lua_isnone(L, 1) ? L : to_coroutine(L);
    lua_pushboolean(L, co != env_of(L)->co && lua_isyieldable(co));
    return 1;
}

/* The state's main thread, where an error's __tostring runs, is ours: whoever holds it could close it. */
static int running(lua_State *L)
{
    const struct env *e = env_of(L);
    if (L == e->L)
        lua_rawgeti(L, LUA_REGISTRYINDEX, SLOT_CO);
    else
        lua_pushthread(L);
    lua_pushboolean(L, L == e->L || L == e->co);
    return 2;
}

static int co_close(lua_State *L)
{
    lua_State *co = to_coroutine(L);
    const char *state = state_of(L, co);
    if (strcmp(state, "dead") != 0 && strcmp(state, "suspended") != 0)
        return luaL_error(L, "cannot close a %s coroutine", state);
    if (reset(L, co) == LUA_OK) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushboolean(L, 0);
    lua_xmove(co, L, 1);
    return 2;
}

void lib_coroutine_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"create", create},  {"resume", co_resume}, {"wrap", wrap},
        {"yield", yield},    {"status", status},    {"isyieldable", isyieldable},
        {"close", co_close}, {"running", running},  {NULL, NULL},
    };
    luaL_newlib(L, functions);
}
