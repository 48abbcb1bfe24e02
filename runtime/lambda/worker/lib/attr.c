/* DynamoDB's attribute values as plain Lua values (aws.plain, aws.typed and aws.table), and the two kinds
 * that Lua has no type for:
 *
 *   aws.set{"a", "b"}    SS, NS or BS: a list with the set's metatable
 *   aws.binary(bytes)    B: a table whose member `bytes` is the string; tostring gives it too
 *   aws.plain(item)      an item as streams and aws.dynamodb.* give it ({id = {S = "1"}}) as plain values
 *   aws.typed(item)      the way back, for calls that take attribute values
 *
 * N becomes an integer when it is one and fits 64 bits, else a float.  NULL is json.null. */
#include "lib.h"

#include "base/codec.h"
#include <stdlib.h>

static void plain_value(lua_State *L);

static void not_an_attribute(lua_State *L)
{
    luaL_error(L, "not an attribute value");
}

/* What aws.plain is given is the guest's: it may look like an item and be none. */
static void must_be_table(lua_State *L)
{
    if (!lua_istable(L, -1))
        not_an_attribute(L);
}

/* Each member of the table at the top, in place. */
static void plain_members(lua_State *L)
{
    luaL_checkstack(L, 8, "an item is nested too deep");
    must_be_table(L);
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        plain_value(L); /* table, key, value */
        lua_pushvalue(L, -2);
        lua_insert(L, -2); /* table, key, key, value */
        lua_rawset(L, -4);
    }
}

void attr_plain_item(lua_State *L)
{
    if (lua_istable(L, -1))
        plain_members(L);
}

static void push_number(lua_State *L, const char *text)
{
    int64_t v;
    if (str_to_i64(str_z(text), &v)) {
        lua_pushinteger(L, v);
        return;
    }
    double d = strtod(text, NULL);
    if (d >= -9007199254740992.0 && d <= 9007199254740992.0 && d == (double)(int64_t)d)
        lua_pushinteger(L, (int64_t)d);
    else
        lua_pushnumber(L, d);
}

static void push_binary(lua_State *L, struct str base64)
{
    struct buf *out = lib_out(L);
    codec_unbase64(out, base64);
    lua_createtable(L, 0, 1);
    lua_pushlstring(L, out->n ? out->p : "", out->n);
    lua_setfield(L, -2, "bytes");
    lib_mark(L, SLOT_BINARY);
}

/* The scalar at the top, as its type's plain value. */
static void plain_scalar(lua_State *L, char type)
{
    struct str s = lib_str(L, -1);
    if (type == 'N')
        push_number(L, s.p);
    else if (type == 'B')
        push_binary(L, s);
    else
        return;
    lua_remove(L, -2);
}

static void plain_set(lua_State *L, char type)
{
    must_be_table(L);
    lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        plain_scalar(L, type);
        lua_rawseti(L, -2, i);
    }
    lib_mark(L, SLOT_SET);
}

/* {"S":"..."} at the top becomes "...". */
static void plain_value(lua_State *L)
{
    luaL_checkstack(L, 8, "an item is nested too deep");
    must_be_table(L);
    lua_pushnil(L);
    if (!lua_next(L, -2) || lua_type(L, -2) != LUA_TSTRING)
        not_an_attribute(L);
    const char *type = lua_tostring(L, -2);
    if (strcmp(type, "NULL") == 0) {
        lua_pop(L, 1);
        json_push_null(L);
    } else if (strcmp(type, "M") == 0 || strcmp(type, "L") == 0) {
        plain_members(L);
    } else if (*type && type[1] == 'S' && !type[2]) {
        plain_set(L, type[0]);
    } else if (*type && !type[1]) {
        plain_scalar(L, type[0]);
    }
    lua_replace(L, -3); /* table, key, value -> value, key */
    lua_pop(L, 1);
}

/* --- aws.plain and aws.typed --------------------------------------------------------------------------- */

/* A new table from the argument's text: the argument (a stream's record) stays as it is. */
static void reread(lua_State *L, unsigned flags)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    json_push(L, 1, flags);
    json_take(L, lib_str(L, -1));
    lua_remove(L, -2);
}

static int plain(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) /* an image that a record does not have */
        return 0;
    reread(L, 0);
    attr_plain_item(L);
    return 1;
}

static int typed(lua_State *L)
{
    reread(L, JSON_ATTR | JSON_ITEM);
    return 1;
}

/* --- aws.set and aws.binary ---------------------------------------------------------------------------- */

static int set(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer n = (lua_Integer)lua_rawlen(L, 1);
    lua_createtable(L, (int)n, 0);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, 1, i);
        lua_rawseti(L, -2, i);
    }
    lib_mark(L, SLOT_SET);
    return 1;
}

static int binary(lua_State *L)
{
    luaL_checkstring(L, 1);
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, 1);
    lua_setfield(L, -2, "bytes");
    lib_mark(L, SLOT_BINARY);
    return 1;
}

static int binary_text(lua_State *L)
{
    lua_getfield(L, 1, "bytes");
    return 1;
}

static int binary_length(lua_State *L)
{
    lua_getfield(L, 1, "bytes");
    lua_pushinteger(L, luaL_len(L, -1));
    return 1;
}

void attr_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"set", set}, {"binary", binary}, {"plain", plain}, {"typed", typed}, {NULL, NULL},
    };
    static const luaL_Reg meta[] = {{"__tostring", binary_text}, {"__len", binary_length}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
    lib_new_mark(L, SLOT_SET, NULL);
    lib_new_mark(L, SLOT_BINARY, meta);
}
