/* aws: every operation that the door has, as aws.<service>.<operation_in_snake_case>{input}, answered with
 * its output; and the conveniences on top of them (aws_table.c, aws_queue.c, attr.c).
 *
 * A service and an operation become a table and a function when they are first named.  The main process finds
 * the operation whichever way it is written: put_item, PutItem. */
#include "lib.h"

static int answered(lua_State *L, int status, lua_KContext ctx)
{
    (void)status, (void)ctx;
    json_take(L, fault_or_answer(L));
    return 1;
}

/* Upvalues: service, operation. */
static int call_operation(lua_State *L)
{
    struct buf *out;
    if (!lua_isnoneornil(L, 1))
        luaL_checktype(L, 1, LUA_TTABLE);
    out = lib_out(L);
    if (lua_isnoneornil(L, 1))
        buf_z(out, "{}");
    else
        json_put(L, 1, out, 0);
    return env_call(L, lib_str(L, lua_upvalueindex(1)), lib_str(L, lua_upvalueindex(2)), 0, answered);
}

/* Upvalue: service.  Arguments: the service's table, the operation's name. */
static int index_operation(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkstring(L, 2);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, call_operation, 2);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_rawset(L, 1);
    return 1;
}

static int index_service(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkstring(L, 2);
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, index_operation, 1);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_rawset(L, 1);
    return 1;
}

/* --- aws.invoke ---------------------------------------------------------------------------------------- */

static struct str raw_text(lua_State *L, int t, const char *name)
{
    struct str s = STR_NONE;
    lua_pushstring(L, name);
    lua_rawget(L, t);
    if (lua_type(L, -1) == LUA_TSTRING)
        s.p = lua_tolstring(L, -1, &s.n);
    return s;
}

/* The function that was invoked failed: its error becomes ours.  Stack top: its error's table. */
static int raise_function_error(lua_State *L, struct str kind)
{
    int t = lua_gettop(L);
    struct str code = kind, message = STR("the function failed");
    if (lua_istable(L, t)) {
        struct str type = raw_text(L, t, "errorType"), text = raw_text(L, t, "errorMessage");
        code = type.p ? type : code;
        message = text.p ? text : message;
    }
    return fault_raise(L, code, message, 200);
}

static int invoked(lua_State *L, int status, lua_KContext ctx)
{
    (void)status, (void)ctx;
    json_take(L, fault_or_answer(L));
    int answer = lua_gettop(L);
    struct str error = raw_text(L, answer, "FunctionError"), payload = raw_text(L, answer, "Payload");
    if (payload.n)
        json_take(L, payload);
    else
        lua_pushnil(L);
    return error.p ? raise_function_error(L, error) : 1;
}

/* Whether the options at 3 say {async = true}, the only one there is. */
static bool is_async(lua_State *L)
{
    if (lua_isnoneornil(L, 3))
        return false;
    luaL_checktype(L, 3, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, 3)) {
        if (lua_type(L, -2) != LUA_TSTRING || strcmp(lua_tostring(L, -2), "async") != 0)
            luaL_error(L, "aws.invoke: the only option is 'async'");
        lua_pop(L, 1);
    }
    lua_getfield(L, 3, "async");
    return lua_toboolean(L, -1);
}

/* aws.invoke(name, payload [, {async = true}]) */
static int invoke(lua_State *L)
{
    struct str name = lib_str(L, 1), payload;
    lua_settop(L, 3);
    bool async = is_async(L);
    json_push(L, 2, 0);
    payload = lib_str(L, -1);
    struct buf *out = lib_out(L);
    buf_z(out, "{\"FunctionName\":");
    buf_json(out, name);
    buf_printf(out, ",\"InvocationType\":\"%s\",\"Payload\":", async ? "Event" : "RequestResponse");
    buf_json(out, payload);
    buf_char(out, '}');
    return env_call(L, STR("lambda"), STR("Invoke"), 0, invoked);
}

void lib_aws_open(lua_State *L)
{
    static const luaL_Reg functions[] = {{"invoke", invoke}, {NULL, NULL}};
    static const luaL_Reg meta[] = {{"__index", index_service}, {NULL, NULL}};
    luaL_newlib(L, functions);
    attr_open(L);
    aws_table_open(L);
    aws_queue_open(L);
    luaL_newlib(L, meta);
    lua_setmetatable(L, -2);
}
