/* Lua values as JSON text; and, with the flag JSON_ATTR, as DynamoDB's typed values.
 *
 * Everything here is raw access: no code of the guest runs while a text is being written. */
#include "lib.h"

#include "../event.h"
#include "base/codec.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DEPTH_MAX JSON_DEPTH
#define SPARSE 2 /* an array may have as many holes as elements; they are written as null */

/* Where we are, for the message: one per open table, on the C stack. */
struct place {
    const struct place *up;
    struct str name; /* of the member; absent: index */
    lua_Integer index;
};

struct writer {
    lua_State *L;
    struct env *env;
    struct buf *out;
    unsigned flags;
    int depth;
};

static void put_value(struct writer *w, const struct place *at, int idx);
static void put_scalar(struct writer *w, const struct place *at, int idx);

static void add_path(luaL_Buffer *b, const struct place *at)
{
    if (!at)
        return;
    add_path(b, at->up);
    char text[32];
    if (at->name.p) {
        luaL_addchar(b, '.');
        luaL_addlstring(b, at->name.p, at->name.n < 40 ? at->name.n : 40);
    } else {
        snprintf(text, sizeof(text), "[%lld]", (long long)at->index);
        luaL_addstring(b, text);
    }
}

static void refuse(struct writer *w, const struct place *at, const char *what)
{
    luaL_Buffer b;
    luaL_checkstack(w->L, LUA_MINSTACK, "the value is too large for JSON");
    luaL_buffinit(w->L, &b);
    luaL_addstring(&b, "cannot be written as JSON: ");
    luaL_addstring(&b, what);
    if (at) {
        luaL_addstring(&b, " at value");
        add_path(&b, at);
    }
    luaL_pushresult(&b);
    lua_error(w->L);
}

static bool ascii(struct str s)
{
    uint64_t word, high = 0;
    size_t i = 0;
    for (; i + 8 <= s.n; i += 8) {
        memcpy(&word, s.p + i, 8);
        high |= word;
    }
    for (; i < s.n; i++)
        high |= (uint64_t)(unsigned char)s.p[i];
    return !(high & 0x8080808080808080u);
}

static void put_string(struct writer *w, const struct place *at, struct str s)
{
    if (ascii(s) || codec_utf8_valid(s)) {
        buf_json(w->out, s);
        return;
    }
    if (!(w->flags & JSON_LENIENT))
        refuse(w, at, "a text that is not UTF-8 (binary data goes through base64.encode)");
    struct buf good;
    buf_init(&good, TEXT_MAX);
    codec_utf8_mend(&good, s);
    buf_json(w->out, buf_view(&good));
    buf_release(&good);
}

#define WHOLE_MAX 9007199254740992.0 /* 2^53: beyond it a float no longer holds every integer */

/* The fewest digits that read back the same; whole numbers as other languages write them: 6, not 6.0. */
static void put_float(struct buf *out, double d)
{
    if (d >= -WHOLE_MAX && d <= WHOLE_MAX && d == (double)(lua_Integer)d) {
        buf_i64(out, (lua_Integer)d);
        return;
    }
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, d);
        if (strtod(text, NULL) == d)
            break;
    }
    buf_z(out, text);
}

static void put_number(struct writer *w, const struct place *at, int idx)
{
    double d = lua_tonumber(w->L, idx);
    if (lua_isinteger(w->L, idx))
        buf_i64(w->out, lua_tointeger(w->L, idx));
    else if (!isnan(d) && !isinf(d))
        put_float(w->out, d);
    else if (w->flags & JSON_LENIENT)
        buf_z(w->out, isnan(d) ? "\"nan\"" : d > 0 ? "\"inf\"" : "\"-inf\"");
    else
        refuse(w, at, isnan(d) ? "NaN" : "infinity");
}

static bool is_sequence(lua_State *L, int t)
{
    lua_Integer n = 0;
    lua_pushnil(L);
    while (lua_next(L, t)) {
        lua_pop(L, 1);
        if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) != ++n) {
            lua_pop(L, 1);
            return false;
        }
    }
    return true;
}

/* Writes the table as an array as long as its keys come as 1, 2, 3, ..., which they do for what was built as
 * an array.  False: it is none or its order is another; `out` is as before.  Before a table within is written
 * all keys are looked at: one that is written twice at each level would take 2^depth. */
static bool put_sequence(struct writer *w, const struct place *up, int t)
{
    lua_State *L = w->L;
    size_t from = w->out->n;
    lua_Integer n = 0;
    bool sure = false;
    lua_pushnil(L);
    while (lua_next(L, t)) {
        bool next = lua_isinteger(L, -2) && lua_tointeger(L, -2) == n + 1;
        if (next && !sure && lua_istable(L, -1))
            next = sure = is_sequence(L, t);
        if (!next) {
            lua_pop(L, 2);
            w->out->n = from;
            return false;
        }
        n++;
        buf_char(w->out, n == 1 ? '[' : ',');
        put_value(w, &(struct place){up, STR_NONE, n}, lua_gettop(L));
        lua_pop(L, 1);
    }
    if (n == 0)
        return false;
    buf_char(w->out, ']');
    return true;
}

/* A member of an object whose value lies at stack index `value`; 0: null. */
struct member {
    struct str name;
    int value;
};

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct member *)a)->name, ((const struct member *)b)->name);
}

static void sort(struct member *m, size_t n)
{
    if (n > 12) {
        qsort(m, n, sizeof(*m), by_name);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        struct member x = m[i];
        size_t j = i;
        for (; j > 0 && by_name(&m[j - 1], &x) > 0; j--)
            m[j] = m[j - 1];
        m[j] = x;
    }
}

/* Pushes the name that the key at -2 (under its value) has in JSON; the value goes on top of it. */
static struct str member_name(struct writer *w, const struct place *up)
{
    lua_State *L = w->L;
    struct str name;
    switch (lua_type(L, -2)) {
    case LUA_TSTRING:
        lua_pushvalue(L, -2);
        break;
    case LUA_TNUMBER:
        if (lua_isinteger(L, -2))
            lua_pushfstring(L, "%I", (LUAI_UACINT)lua_tointeger(L, -2));
        else
            lua_pushfstring(L, "%f", (LUAI_UACNUMBER)lua_tonumber(L, -2));
        break;
    default:
        if (!(w->flags & JSON_LENIENT))
            refuse(w, up, lua_pushfstring(L, "a key that is a %s", luaL_typename(L, -2)));
        lua_pushstring(L, luaL_typename(L, -2));
    }
    name.p = lua_tolstring(L, -1, &name.n);
    lua_insert(L, -2); /* key, name, value */
    return name;
}

static void put_members(struct writer *w, const struct place *up, struct member *m, size_t n)
{
    sort(m, n);
    buf_char(w->out, '{');
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_char(w->out, ',');
        struct place at = {up, m[i].name, 0};
        put_string(w, &at, m[i].name);
        buf_char(w->out, ':');
        if (m[i].value)
            put_value(w, &at, m[i].value);
        else
            buf_z(w->out, "null");
    }
    buf_char(w->out, '}');
}

#define FEW 16

/* Names and values of all members on the stack; `nulls` are members to write as null when they are nil. */
static void put_object(struct writer *w, const struct place *up, int t, const char *const *nulls)
{
    lua_State *L = w->L;
    struct member few[FEW], *m = few;
    size_t n = 0, cap = FEW;
    lua_pushnil(L);
    while (lua_next(L, t)) {
        luaL_checkstack(L, 8, "too many members for JSON");
        if (n == cap) { /* the list moves into a userdata: nothing to free when something is raised */
            struct member *more = lua_newuserdatauv(L, 2 * cap * sizeof(*m), 0);
            memcpy(more, m, n * sizeof(*m));
            m = more, cap *= 2;
            lua_rotate(L, -3, 1); /* userdata, key, value */
        }
        m[n].name = member_name(w, up);
        m[n++].value = lua_gettop(L);
        lua_pushvalue(L, -3);
    }
    for (; nulls && *nulls; nulls++) {
        if (n == cap)
            break; /* cannot be: the lists are short and our own */
        lua_pushstring(L, *nulls);
        if (lua_rawget(L, t) == LUA_TNIL)
            m[n++] = (struct member){str_z(*nulls), 0};
        lua_pop(L, 1);
    }
    put_members(w, up, m, n);
}

/* The length of an array with holes, or 0: it is an object. */
static lua_Integer holed(lua_State *L, int t)
{
    lua_Integer most = 0, count = 0;
    if (lua_rawgeti(L, t, 1) == LUA_TNIL) {
        lua_pop(L, 1);
        return 0;
    }
    lua_pop(L, 1);
    lua_pushnil(L);
    while (lua_next(L, t)) {
        lua_pop(L, 1);
        if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 1) {
            lua_pop(L, 1);
            return 0;
        }
        if (lua_tointeger(L, -1) > most)
            most = lua_tointeger(L, -1);
        count++;
    }
    return most <= SPARSE * count ? most : 0;
}

static void put_holed(struct writer *w, const struct place *up, int t, lua_Integer n)
{
    for (lua_Integer i = 1; i <= n; i++) {
        buf_char(w->out, i == 1 ? '[' : ',');
        if (lua_rawgeti(w->L, t, i) == LUA_TNIL)
            buf_z(w->out, "null");
        else
            put_value(w, &(struct place){up, STR_NONE, i}, lua_gettop(w->L));
        lua_pop(w->L, 1);
    }
    buf_char(w->out, ']');
}

/* An array with its elements, or false and nothing written. */
static bool put_array(struct writer *w, const struct place *at, int t, const void *mark)
{
    lua_State *L = w->L;
    if (put_sequence(w, at, t))
        return true;
    lua_Integer n = holed(L, t);
    if (n) {
        put_holed(w, at, t, n);
        return true;
    }
    if (mark != w->env->mark[SLOT_ARRAY])
        return false;
    lua_pushnil(L);
    if (lua_next(L, t)) {
        lua_pop(L, 2);
        return false; /* members were put into what once was an array */
    }
    buf_z(w->out, "[]");
    return true;
}

static void put_set(struct writer *w, const struct place *at, int t)
{
    lua_State *L = w->L;
    const char *kind = NULL;
    lua_Integer n = (lua_Integer)lua_rawlen(L, t);
    if (n == 0)
        refuse(w, at, "an empty set");
    for (lua_Integer i = 1; i <= n; i++) {
        int type = lua_rawgeti(L, t, i);
        const char *is = type == LUA_TSTRING          ? "SS"
                         : type == LUA_TNUMBER        ? "NS"
                         : lib_is(L, -1, SLOT_BINARY) ? "BS"
                                                      : NULL;
        if (!is || (kind && strcmp(kind, is) != 0))
            refuse(w, at, "a set of other than strings, numbers or binaries of one kind");
        if (!kind)
            buf_printf(w->out, "{\"%s\":[", is);
        else
            buf_char(w->out, ',');
        kind = is;
        put_scalar(w, at, lua_gettop(L));
        lua_pop(L, 1);
    }
    buf_z(w->out, "]}");
}

static const void *mark_of(lua_State *L, int t)
{
    const void *mark = NULL;
    if (lua_getmetatable(L, t)) {
        mark = lua_topointer(L, -1);
        lua_pop(L, 1);
    }
    return mark;
}

static void put_plain_table(struct writer *w, const struct place *at, int t)
{
    const void *mark = mark_of(w->L, t);
    if (mark == w->env->mark[SLOT_OBJECT])
        put_object(w, at, t, NULL);
    else if (!put_array(w, at, t, mark))
        put_object(w, at, t, mark ? event_complete(w->L, t) : NULL);
}

static void put_typed_table(struct writer *w, const struct place *at, int t)
{
    struct buf *out = w->out;
    const void *mark = mark_of(w->L, t), *const *marks = w->env->mark;
    size_t from = out->n;
    if (w->flags & JSON_ITEM && w->depth == 1) {
        put_object(w, at, t, NULL);
        return;
    }
    if (mark == marks[SLOT_SET]) {
        put_set(w, at, t);
        return;
    }
    if (mark)
        event_complete(w->L, t);
    buf_z(out, "{\"L\":");
    if (mark == marks[SLOT_OBJECT] || !put_array(w, at, t, mark)) {
        out->n = from;
        buf_z(out, "{\"M\":");
        put_object(w, at, t, NULL);
    }
    buf_char(out, '}');
}

static void put_table(struct writer *w, const struct place *at, int t)
{
    lua_State *L = w->L;
    int top = lua_gettop(L);
    if (++w->depth > DEPTH_MAX)
        refuse(w, NULL, "a value that is nested too deep, or within itself");
    luaL_checkstack(L, 10, "the value is too large for JSON");
    if (w->flags & JSON_ATTR)
        put_typed_table(w, at, t);
    else
        put_plain_table(w, at, t);
    lua_settop(L, top);
    w->depth--;
}

/* As in an attribute value, without its {"S": }: numbers are texts, binaries base64. */
static void put_scalar(struct writer *w, const struct place *at, int idx)
{
    lua_State *L = w->L;
    struct str s;
    if (lua_type(L, idx) == LUA_TNUMBER) {
        buf_char(w->out, '"');
        put_number(w, at, idx);
        buf_char(w->out, '"');
        return;
    }
    if (lua_istable(L, idx)) { /* a binary */
        lua_pushliteral(L, "bytes");
        lua_rawget(L, idx);
        s.p = lua_tolstring(L, -1, &s.n);
        buf_char(w->out, '"');
        codec_base64(w->out, s.p ? s : STR(""));
        buf_char(w->out, '"');
        lua_pop(L, 1);
        return;
    }
    s.p = lua_tolstring(L, idx, &s.n);
    put_string(w, at, s);
}

static void put_typed(struct writer *w, const struct place *at, int idx)
{
    lua_State *L = w->L;
    switch (lua_type(L, idx)) {
    case LUA_TBOOLEAN:
        buf_z(w->out, lua_toboolean(L, idx) ? "{\"BOOL\":true}" : "{\"BOOL\":false}");
        return;
    case LUA_TNUMBER:
    case LUA_TSTRING:
        buf_z(w->out, lua_type(L, idx) == LUA_TNUMBER ? "{\"N\":" : "{\"S\":");
        put_scalar(w, at, idx);
        buf_char(w->out, '}');
        return;
    case LUA_TTABLE:
        if (!lib_is(L, idx, SLOT_BINARY)) {
            put_table(w, at, idx);
            return;
        }
        buf_z(w->out, "{\"B\":");
        put_scalar(w, at, idx);
        buf_char(w->out, '}');
        return;
    default:
        if (!json_is_null(L, idx))
            refuse(w, at, lua_pushfstring(L, "a %s", luaL_typename(L, idx)));
        buf_z(w->out, "{\"NULL\":true}");
    }
}

static void put_plain(struct writer *w, const struct place *at, int idx)
{
    lua_State *L = w->L;
    struct str s;
    switch (lua_type(L, idx)) {
    case LUA_TNIL:
        buf_z(w->out, "null");
        return;
    case LUA_TBOOLEAN:
        buf_z(w->out, lua_toboolean(L, idx) ? "true" : "false");
        return;
    case LUA_TNUMBER:
        put_number(w, at, idx);
        return;
    case LUA_TSTRING:
        s.p = lua_tolstring(L, idx, &s.n);
        put_string(w, at, s);
        return;
    case LUA_TTABLE:
        if (w->depth == DEPTH_MAX && w->flags & JSON_LENIENT)
            buf_z(w->out, "\"...\"");
        else
            put_table(w, at, idx);
        return;
    default:
        if (json_is_null(L, idx))
            buf_z(w->out, "null");
        else if (w->flags & JSON_LENIENT)
            buf_printf(w->out, "\"%s\"", luaL_typename(L, idx));
        else
            refuse(w, at, lua_pushfstring(L, "a %s", luaL_typename(L, idx)));
    }
}

static void put_value(struct writer *w, const struct place *at, int idx)
{
    if (w->out->full)
        return; /* too long already: no need to see it all */
    if (w->flags & JSON_ATTR)
        put_typed(w, at, idx);
    else
        put_plain(w, at, idx);
}

void json_put(lua_State *L, int idx, struct buf *out, unsigned flags)
{
    struct writer w = {L, env_of(L), out, flags, 0};
    luaL_checkstack(L, 10, "the value is too large for JSON");
    put_value(&w, NULL, lua_absindex(L, idx));
}
