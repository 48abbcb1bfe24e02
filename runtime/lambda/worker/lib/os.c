/* os: the time of the world's clock (always UTC) and the function's environment variables.  Nothing else. */
#include "lib.h"

#include <limits.h>
#include <lualib.h>

/* --- environment variables ----------------------------------------------------------------------------- */

static struct str text_of(const struct function_spec *s, size_t offset)
{
    return *(const struct str *)(const void *)((const char *)s + offset);
}

/* Lambda's reserved variables that are fields of the spec ... */
static const struct {
    const char *name;
    size_t offset;
} from_spec[] = {
    {"AWS_REGION", offsetof(struct function_spec, region)},
    {"AWS_DEFAULT_REGION", offsetof(struct function_spec, region)},
    {"AWS_LAMBDA_FUNCTION_NAME", offsetof(struct function_spec, name)},
    {"AWS_LAMBDA_FUNCTION_VERSION", offsetof(struct function_spec, version)},
    {"AWS_LAMBDA_LOG_STREAM_NAME", offsetof(struct function_spec, log_stream)},
    {"_HANDLER", offsetof(struct function_spec, handler)},
    {"AWS_ENDPOINT_URL", offsetof(struct function_spec, endpoint)},
    {"AWS_ACCESS_KEY_ID", offsetof(struct function_spec, account)}, /* our endpoint takes it as the account */
};

/* ... and those that are always the same. */
static const struct {
    const char *name, *value;
} fixed[] = {
    {"AWS_EXECUTION_ENV", "AWS_Lambda_lua5.4"},
    {"AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"},
    {"AWS_SECRET_ACCESS_KEY", "tidepool"},
    {"AWS_SESSION_TOKEN", "tidepool"},
    {"LANG", "en_US.UTF-8"},
    {"TZ", ":UTC"},
};

static bool push_reserved(lua_State *L, struct str name)
{
    const struct env *e = env_of(L);
    const struct function_spec *s = &e->x->spec;
    for (size_t i = 0; i < sizeof(from_spec) / sizeof(from_spec[0]); i++)
        if (str_is(name, from_spec[i].name)) {
            struct str value = text_of(s, from_spec[i].offset);
            lua_pushlstring(L, value.n ? value.p : "", value.n);
            return true;
        }
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        if (str_is(name, fixed[i].name)) {
            lua_pushstring(L, fixed[i].value);
            return true;
        }
    if (str_is(name, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"))
        lua_pushfstring(L, "%d", (int)s->memory_mb);
    else if (str_is(name, "AWS_LAMBDA_LOG_GROUP_NAME"))
        lua_pushfstring(L, "/aws/lambda/%s", s->name.p); /* an arena's copy ends with a zero */
    else if (str_is(name, "LAMBDA_TASK_ROOT"))
        lua_pushstring(L, s->folder.p ? s->folder.p : "/var/task");
    else if (str_is(name, "_X_AMZN_TRACE_ID"))
        lua_pushlstring(L, e->trace_id.n ? e->trace_id.p : "", e->trace_id.n);
    else
        return false;
    return true;
}

static int get_env(lua_State *L)
{
    struct str name = lib_str(L, 1);
    const struct function_spec *s = &env_of(L)->x->spec;
    for (size_t i = 0; i < s->variable_count; i++)
        if (str_eq(s->variables[i].name, name)) {
            lua_pushlstring(L, s->variables[i].value.n ? s->variables[i].value.p : "",
                            s->variables[i].value.n);
            return 1;
        }
    if (!push_reserved(L, name))
        lua_pushnil(L);
    return 1;
}

/* --- time ---------------------------------------------------------------------------------------------- */

static int64_t now_s(lua_State *L)
{
    return clock_now(env_of(L)->x->host.clock) / 1000;
}

#define NO_DEFAULT INT_MIN
#define YEAR_MOST 100000000 /* what all other fields may add to it still fits 64 bits of milliseconds */

static int field(lua_State *L, const char *name, int otherwise)
{
    int whole;
    lua_Integer v = 0;
    if (lua_getfield(L, 1, name) == LUA_TNIL) {
        if (otherwise == NO_DEFAULT)
            luaL_error(L, "field '%s' missing in date table", name);
        v = otherwise;
    } else {
        v = lua_tointegerx(L, -1, &whole);
        if (!whole)
            luaL_error(L, "field '%s' is not an integer", name);
        if (v < -1000000000 || v > 1000000000)
            luaL_error(L, "field '%s' is out-of-bound", name);
    }
    lua_pop(L, 1);
    return (int)v;
}

static void set_field(lua_State *L, const char *name, int value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, 1, name);
}

/* As Lua's: the table's fields are brought into their ranges. */
static void set_fields(lua_State *L, const struct civil *c)
{
    set_field(L, "year", c->year);
    set_field(L, "month", c->month);
    set_field(L, "day", c->day);
    set_field(L, "hour", c->hour);
    set_field(L, "min", c->minute);
    set_field(L, "sec", c->second);
    set_field(L, "wday", c->weekday);
    set_field(L, "yday", c->yearday);
    lua_pushboolean(L, 0);
    lua_setfield(L, 1, "isdst");
}

static int time_of(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_pushinteger(L, now_s(L));
        return 1;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    int year = field(L, "year", NO_DEFAULT);
    if (year < -YEAR_MOST || year > YEAR_MOST)
        return luaL_error(L, "field 'year' is out-of-bound");
    struct civil c = {
        .year = year,
        .month = field(L, "month", NO_DEFAULT),
        .day = field(L, "day", NO_DEFAULT),
        .hour = field(L, "hour", 12),
        .minute = field(L, "min", 0),
        .second = field(L, "sec", 0),
    };
    int64_t ms = clock_from_civil(&c);
    c = clock_civil(ms);
    set_fields(L, &c);
    lua_pushinteger(L, ms >= 0 ? ms / 1000 : -((999 - ms) / 1000));
    return 1;
}

/* os.date(format, time) by Lua's own, always as UTC.  Upvalue: Lua's own. */
static int date(lua_State *L)
{
    const char *format = luaL_optstring(L, 1, "%c");
    int64_t when = lua_isnoneornil(L, 2) ? now_s(L) : luaL_checkinteger(L, 2);
    lua_CFunction real = lua_tocfunction(L, lua_upvalueindex(1));
    lua_settop(L, 1);
    lua_pushfstring(L, "%s%s", *format == '!' ? "" : "!", format);
    lua_replace(L, 1);
    lua_pushinteger(L, when);
    return real(L);
}

/* Seconds of the world's clock since the environment was opened. */
static int clock_of(lua_State *L)
{
    const struct env *e = env_of(L);
    lua_pushnumber(L, (lua_Number)(clock_now_us(e->x->host.clock) - e->born_us) / 1e6);
    return 1;
}

static int difftime_of(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)luaL_checkinteger(L, 1) - (lua_Number)luaL_checkinteger(L, 2));
    return 1;
}

void lib_os_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"time", time_of}, {"clock", clock_of}, {"difftime", difftime_of}, {"getenv", get_env}, {NULL, NULL},
    };
    luaL_newlib(L, functions);
    luaopen_os(L);
    lua_getfield(L, -1, "date");
    lua_pushcclosure(L, date, 1);
    lua_setfield(L, -3, "date");
    lua_pop(L, 1);
}
