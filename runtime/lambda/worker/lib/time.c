/* time: moments as milliseconds since 1970 on the world's clock. */
#include "lib.h"

static int now(lua_State *L)
{
    lua_pushinteger(L, clock_now(env_of(L)->x->host.clock));
    return 1;
}

static int iso(lua_State *L)
{
    char text[CLOCK_ISO_SIZE];
    int64_t ms = lua_isnoneornil(L, 1) ? clock_now(env_of(L)->x->host.clock) : luaL_checkinteger(L, 1);
    luaL_argcheck(L, ms >= 0 && ms < INT64_C(253402300800000), 1, "a year between 1970 and 9999 expected");
    clock_iso(ms, text);
    lua_pushstring(L, text);
    return 1;
}

static int parse(lua_State *L)
{
    int64_t ms;
    if (clock_parse(lib_str(L, 1), &ms))
        lua_pushinteger(L, ms);
    else
        lua_pushnil(L);
    return 1;
}

static int slept(lua_State *L, int status, lua_KContext ctx)
{
    (void)status, (void)ctx;
    env_waited(L);
    return 0;
}

static int sleep_ms(lua_State *L)
{
    lua_Integer ms = luaL_checkinteger(L, 1);
    luaL_argcheck(L, ms >= 0 && ms <= 900000, 1, "0 to 900000 milliseconds expected");
    return env_sleep(L, clock_now(env_of(L)->x->host.clock) + ms, slept);
}

void lib_time_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"now", now}, {"iso", iso}, {"parse", parse}, {"sleep", sleep_ms}, {NULL, NULL},
    };
    luaL_newlib(L, functions);
}
