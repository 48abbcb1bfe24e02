#include "sandbox.h"

#include "event.h"
#include "lib/lib.h"
#include <lualib.h>

/* --- base functions that differ from Lua's ------------------------------------------------------------- */

/* load(chunk, name, mode, env): text only.  Upvalue: Lua's own. */
static int load_text(lua_State *L)
{
    lua_CFunction real = lua_tocfunction(L, lua_upvalueindex(1));
    if (lua_gettop(L) < 3)
        lua_settop(L, 3);
    lua_pushliteral(L, "t");
    lua_replace(L, 3);
    return real(L);
}

static int guarded_handler(lua_State *L)
{
    if (env_of(L)->expired)
        return 1;
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

static int guarded_xpcall(lua_State *L)
{
    lua_CFunction real = lua_tocfunction(L, lua_upvalueindex(1));
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, guarded_handler, 1);
    lua_replace(L, 2);
    return real(L);
}

/* Our own metatables are for nobody: a __gc put into one would be the finalizer of all tables that we mark.
 */
static int get_metatable(lua_State *L)
{
    luaL_checkany(L, 1);
    if (!lua_getmetatable(L, 1) || lib_is_mark(L, -1))
        lua_pushnil(L);
    else
        luaL_getmetafield(L, 1, "__metatable"); /* pushes nothing when there is none */
    return 1;
}

static int set_metatable(lua_State *L)
{
    int type = lua_type(L, 2);
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return luaL_error(L, "cannot change a protected metatable");
    if (type == LUA_TTABLE) {
        lua_pushliteral(L, "__gc");
        if (lua_rawget(L, 2) != LUA_TNIL)
            return luaL_error(L, "__gc is not supported in a function; use __close");
    }
    lua_settop(L, 2);
    event_complete(L, 1); /* what its old metatable would have made */
    lua_settop(L, 2);
    lua_setmetatable(L, 1);
    return 1;
}

static int next_member(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    if (lua_isnil(L, 2))
        event_complete(L, 1);
    if (lua_next(L, 1))
        return 2;
    lua_pushnil(L);
    return 1;
}

static int collect_garbage(lua_State *L)
{
    static const char *const names[] = {"collect", "count", "step", "isrunning", NULL};
    switch (luaL_checkoption(L, 1, "collect", names)) {
    case 0:
        lua_gc(L, LUA_GCCOLLECT);
        lua_pushinteger(L, 0);
        return 1;
    case 1:
        lua_pushnumber(L, (lua_Number)lua_gc(L, LUA_GCCOUNT) + (lua_Number)lua_gc(L, LUA_GCCOUNTB) / 1024);
        return 1;
    case 2:
        lua_pushboolean(L, lua_gc(L, LUA_GCSTEP, 0));
        return 1;
    default:
        lua_pushboolean(L, lua_gc(L, LUA_GCISRUNNING));
        return 1;
    }
}

/* print: a line of the invocation's log, as it is. */
static int print(lua_State *L)
{
    int n = lua_gettop(L);
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (int i = 1; i <= n; i++) {
        if (i > 1)
            luaL_addchar(&b, '\t');
        luaL_tolstring(L, i, NULL);
        luaL_addvalue(&b);
    }
    luaL_pushresult(&b);
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    log_text(env_of(L), str_n(text, length));
    return 0;
}

/* --- building ------------------------------------------------------------------------------------------ */

static const char *const base_allowed[] = {
    "_G",     "_VERSION", "assert", "error",  "ipairs",   "load",     "next", "pairs",  "pcall", "rawequal",
    "rawget", "rawlen",   "rawset", "select", "tonumber", "tostring", "type", "xpcall", NULL,
};

static bool among(const char *const *names, const char *name)
{
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

/* Takes away what the list does not name, also what a later Lua may bring. */
static void keep_only(lua_State *L, int t, const char *const *names)
{
    lua_pushnil(L);
    while (lua_next(L, t)) {
        lua_pop(L, 1);
        if (among(names, lua_tostring(L, -1)))
            continue;
        lua_pushvalue(L, -1);
        lua_pushnil(L);
        lua_rawset(L, t); /* assigning nil to an existing member is allowed while walking */
    }
}

/* The global of this name becomes f with what it was as the upvalue. */
static void wrap_global(lua_State *L, const char *name, lua_CFunction f)
{
    lua_getglobal(L, name);
    lua_pushcclosure(L, f, 1);
    lua_setglobal(L, name);
}

static void open_base(lua_State *L)
{
    lua_pushcfunction(L, luaopen_base);
    lua_call(L, 0, 1);
    keep_only(L, lua_gettop(L), base_allowed);
    lua_pop(L, 1);
    wrap_global(L, "load", load_text);
    wrap_global(L, "xpcall", guarded_xpcall);
    lua_register(L, "getmetatable", get_metatable);
    lua_register(L, "setmetatable", set_metatable);
    lua_register(L, "next", next_member);
    lua_register(L, "collectgarbage", collect_garbage);
    lua_register(L, "print", print);
    lua_register(L, "require", module_require);
}

static void open_string(lua_State *L)
{
    luaopen_string(L);
    lua_pushnil(L);
    lua_setfield(L, -2, "dump");
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable"); /* shared by all strings: nobody may change it */
    lua_pop(L, 2);
}

static void open_math(lua_State *L)
{
    struct executor *x = env_of(L)->x;
    luaopen_math(L);
    if (!x->spec.seed)
        return;
    lua_getfield(L, -1, "randomseed"); /* a seeded run is the same each time */
    lua_pushinteger(L, (lua_Integer)ident_u64(&x->ident));
    lua_call(L, 1, 0);
}

static void open_table(lua_State *L)
{
    luaopen_table(L);
}

static void open_utf8(lua_State *L)
{
    luaopen_utf8(L);
}

/* Libraries by their global name.  Lua's own are in package.loaded; ours come after the function's own files,
 * so that a module json.lua of the function is what require "json" finds. */
static const struct {
    const char *name;
    void (*open)(lua_State *L);
    bool ours;
} libraries[] = {
    {"string", open_string, false},    {"table", open_table, false},
    {"math", open_math, false},        {"utf8", open_utf8, false},
    {"os", lib_os_open, false},        {"coroutine", lib_coroutine_open, false},
    {"json", lib_json_open, true},     {"log", lib_log_open, true},
    {"aws", lib_aws_open, true},       {"http", lib_http_open, true},
    {"time", lib_time_open, true},     {"base64", lib_base64_open, true},
    {"crypto", lib_crypto_open, true},
};
#define LIBRARIES (sizeof(libraries) / sizeof(libraries[0]))

static void new_slot_table(lua_State *L, enum env_slot slot, int members)
{
    lua_createtable(L, 0, members);
    lua_rawseti(L, LUA_REGISTRYINDEX, slot);
}

static void open_libraries(lua_State *L)
{
    new_slot_table(L, SLOT_LOADED, 8);
    new_slot_table(L, SLOT_LIBS, 8);
    new_slot_table(L, SLOT_LOADING, 0);
    for (size_t i = 0; i < LIBRARIES; i++) {
        int top = lua_gettop(L);
        libraries[i].open(L);
        lua_pushvalue(L, -1);
        lua_setglobal(L, libraries[i].name);
        lua_rawgeti(L, LUA_REGISTRYINDEX, libraries[i].ours ? SLOT_LIBS : SLOT_LOADED);
        lua_insert(L, -2);
        lua_setfield(L, -2, libraries[i].name);
        lua_settop(L, top);
    }
}

static void open_package(lua_State *L)
{
    lua_createtable(L, 0, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, SLOT_LOADED);
    lua_pushglobaltable(L);
    lua_setfield(L, -2, "_G");
    lua_setfield(L, -2, "loaded");
    lua_setglobal(L, "package");
}

void sandbox_open(lua_State *L)
{
    for (int slot = SLOT_CO; slot < SLOT_END; slot++) {
        lua_pushboolean(L, 0); /* the registry's array, not its hash */
        lua_rawseti(L, LUA_REGISTRYINDEX, slot);
    }
    lib_new_mark(L, SLOT_ARRAY, NULL);
    lib_new_mark(L, SLOT_OBJECT, NULL);
    open_base(L);
    event_open(L);
    open_libraries(L);
    open_package(L);
}
