/* Errors of calls as Lua values: a table {code, message, status, service, operation} that tostring shows as
 * "code: message". */
#include "lib.h"

static void member(lua_State *L, const char *name, struct str value)
{
    lua_pushlstring(L, value.n ? value.p : "", value.n);
    lua_setfield(L, -2, name);
}

static int to_text(lua_State *L)
{
    lua_getfield(L, 1, "code");
    lua_getfield(L, 1, "message");
    lua_pushfstring(L, "%s: %s", luaL_tolstring(L, 2, NULL), luaL_tolstring(L, 3, NULL));
    return 1;
}

int fault_raise(lua_State *L, struct str code, struct str message, int status)
{
    const struct env *e = env_of(L);
    luaL_checkstack(L, 8, NULL);
    if (lua_rawgeti(L, LUA_REGISTRYINDEX, SLOT_FAULT) != LUA_TTABLE) {
        static const luaL_Reg meta[] = {{"__tostring", to_text}, {NULL, NULL}};
        lib_new_mark(L, SLOT_FAULT, meta);
    }
    lua_pop(L, 1);
    lua_createtable(L, 0, 5);
    member(L, "code", code);
    member(L, "message", message);
    lua_pushinteger(L, status);
    lua_setfield(L, -2, "status");
    member(L, "service", e->call_service);
    member(L, "operation", e->call_operation);
    lib_mark(L, SLOT_FAULT);
    return lua_error(L);
}

struct str fault_or_answer(lua_State *L)
{
    const struct env *e = env_of(L);
    env_waited(L);
    if (e->answer.full)
        fault_raise(L, STR("ResponseTooLarge"), STR("the answer is larger than 16 MB"), 413);
    if (e->answer_status < 200 || e->answer_status > 299)
        fault_raise(L, e->answer_code, e->answer_text, e->answer_status);
    return e->answer.n ? buf_view(&e->answer) : STR("{}");
}
