/* json: our own reader and writer, since integers must stay integers, null and empty arrays must survive a
 * round trip, and a handler's result passes here each time.
 *
 *   null          json.null in json.decode and in events that are JSON.
 *   []            every decoded array carries the array's metatable, so an empty one stays an array; a table
 *                 with no mark and no elements is {}.
 *   numbers       without point and exponent: integer if it fits 64 bits, else float.
 *   order         members of an object are written in the order of their names. */
#include "lib.h"

#include "../event.h"

void json_push_null(lua_State *L)
{
    lua_pushlightuserdata(L, NULL);
}

bool json_is_null(lua_State *L, int idx)
{
    return lua_islightuserdata(L, idx) && !lua_touserdata(L, idx);
}

void json_push(lua_State *L, int idx, unsigned flags)
{
    struct buf *out = lib_out(L);
    json_put(L, idx, out, flags);
    if (out->full)
        luaL_error(L, "cannot be written as JSON: longer than %d bytes", (int)TEXT_MAX);
    lua_pushlstring(L, out->p, out->n);
}

static int encode(lua_State *L)
{
    luaL_checkany(L, 1);
    json_push(L, 1, 0);
    return 1;
}

static int decode(lua_State *L)
{
    size_t n;
    const char *p = luaL_checklstring(L, 1, &n);
    json_take(L, str_n(p, n));
    return 1;
}

/* json.array(t) marks t (a new table without an argument) as an array, json.object(t) as an object. */
static int marked(lua_State *L, enum env_slot slot)
{
    if (lua_isnoneornil(L, 1))
        lua_newtable(L);
    else
        luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, lua_isnoneornil(L, 1) ? 2 : 1);
    event_complete(L, lua_gettop(L));
    lib_mark(L, slot);
    return 1;
}

static int array(lua_State *L)
{
    return marked(L, SLOT_ARRAY);
}

static int object(lua_State *L)
{
    return marked(L, SLOT_OBJECT);
}

static int null_text(lua_State *L)
{
    lua_pushliteral(L, "null");
    return 1;
}

/* A member of null is nil, so that a chain of members ends quietly as it does for a part that is absent. */
static int null_index(lua_State *L)
{
    lua_pushnil(L);
    return 1;
}

static void describe_null(lua_State *L)
{
    static const luaL_Reg meta[] = {{"__tostring", null_text}, {"__index", null_index}, {NULL, NULL}};
    json_push_null(L);
    luaL_newlib(L, meta);
    lua_pushliteral(L, "null");
    lua_setfield(L, -2, "__name");
    lua_pushliteral(L, "null");
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

void lib_json_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"encode", encode}, {"decode", decode}, {"array", array}, {"object", object}, {NULL, NULL},
    };
    describe_null(L);
    luaL_newlib(L, functions);
    json_push_null(L);
    lua_setfield(L, -2, "null");
}
