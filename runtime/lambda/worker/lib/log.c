/* log: lines of the invocation's log, in the form of Lambda's own runtimes:
 *   [INFO]<tab>2026-11-22T09:30:00.123Z<tab>request id<tab>text */
#include "lib.h"

#include "base/codec.h"

#define EVENT_MAX (256u << 10) /* CloudWatch's size of one event */

static void log_lines(struct env *e, struct str rest)
{
    const struct executor *x = e->x;
    if (rest.n && rest.p[rest.n - 1] == '\n')
        rest.n--;
    while (rest.p)
        x->host.log(x->home, e->id, str_cut(&rest, '\n'));
}

/* Whoever reads the log gets it as JSON: so it is UTF-8, and without zero bytes, where a text would end. */
static void log_repaired(struct env *e, struct str text)
{
    struct buf good;
    buf_init(&good, 3 * EVENT_MAX);
    codec_utf8_mend(&good, text);
    for (size_t i = 0; i < good.n; i++)
        if (!good.p[i])
            good.p[i] = ' ';
    log_lines(e, buf_view(&good));
    buf_release(&good);
}

void log_text(struct env *e, struct str text)
{
    text = str_sub(text, 0, EVENT_MAX);
    if (codec_utf8_valid(text) && str_find(text, 0) < 0)
        log_lines(e, text);
    else
        log_repaired(e, text);
}

/* Texts as they are, tables as JSON, all else as tostring shows it. */
static void add_value(lua_State *L, int idx, struct buf *out)
{
    struct str s;
    if (lua_istable(L, idx)) {
        json_put(L, idx, out, JSON_LENIENT);
        return;
    }
    s.p = luaL_tolstring(L, idx, &s.n);
    buf_str(out, s);
    lua_pop(L, 1);
}

static int write_line(lua_State *L, const char *level)
{
    struct env *e = env_of(L);
    char when[CLOCK_ISO_SIZE];
    int n = lua_gettop(L);
    for (int i = 1; i <= n; i++) /* a guest's __tostring runs here, not while the line is written */
        if (luaL_getmetafield(L, i, "__tostring") != LUA_TNIL) {
            lua_pop(L, 1);
            luaL_tolstring(L, i, NULL);
            lua_replace(L, i);
        }
    struct buf *out = lib_out(L);
    clock_iso(clock_now(e->x->host.clock), when);
    buf_printf(out, "[%s]\t%s\t%.*s\t", level, when, STR_ARG(e->request_id));
    for (int i = 1; i <= n; i++) {
        if (i > 1)
            buf_char(out, ' ');
        add_value(L, i, out);
    }
    log_text(e, buf_view(out));
    return 0;
}

static int debug(lua_State *L)
{
    return write_line(L, "DEBUG");
}

static int info(lua_State *L)
{
    return write_line(L, "INFO");
}

static int warn(lua_State *L)
{
    return write_line(L, "WARN");
}

static int error(lua_State *L)
{
    return write_line(L, "ERROR");
}

void lib_log_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"debug", debug}, {"info", info}, {"warn", warn}, {"error", error}, {NULL, NULL},
    };
    luaL_newlib(L, functions);
}
