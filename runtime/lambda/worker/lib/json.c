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
#include "base/codec.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DEPTH_MAX 256
#define SPARSE 2 /* an array may have as many holes as elements; they are written as null */

/* --- writing ------------------------------------------------------------------------------------------- */

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

/* The text with what is not UTF-8 replaced by U+FFFD, a byte at a time. */
static void put_repaired(struct buf *out, struct str s)
{
    while (s.n) {
        size_t n = 1;
        while (n <= s.n && n <= 4 && !codec_utf8_valid(str_n(s.p, n)))
            n++;
        bool good = n <= s.n && n <= 4;
        buf_str(out, good ? str_n(s.p, n) : STR("\xEF\xBF\xBD"));
        n = good ? n : 1;
        s = str_n(s.p + n, s.n - n);
    }
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
    put_repaired(&good, s);
    buf_json(w->out, buf_view(&good));
    buf_release(&good);
}

static void put_integer(struct buf *out, lua_Integer v)
{
    char digits[24];
    size_t at = sizeof(digits);
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do
        digits[--at] = (char)('0' + u % 10);
    while (u /= 10);
    if (v < 0)
        digits[--at] = '-';
    buf_add(out, digits + at, sizeof(digits) - at);
}

#define WHOLE_MAX 9007199254740992.0 /* 2^53: beyond it a float no longer holds every integer */

/* The fewest digits that read back the same; whole numbers as other languages write them: 6, not 6.0. */
static void put_float(struct buf *out, double d)
{
    if (d >= -WHOLE_MAX && d <= WHOLE_MAX && d == (double)(lua_Integer)d) {
        put_integer(out, (lua_Integer)d);
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

void json_put_number(lua_State *L, int idx, struct buf *out)
{
    if (lua_isinteger(L, idx)) {
        put_integer(out, lua_tointeger(L, idx));
        return;
    }
    double d = lua_tonumber(L, idx);
    if (isnan(d) || isinf(d))
        luaL_error(L, "%s is no number that can be stored", isnan(d) ? "NaN" : "infinity");
    put_float(out, d);
}

static void put_number(struct writer *w, const struct place *at, int idx)
{
    double d = lua_tonumber(w->L, idx);
    if (lua_isinteger(w->L, idx))
        put_integer(w->out, lua_tointeger(w->L, idx));
    else if (!isnan(d) && !isinf(d))
        put_float(w->out, d);
    else if (w->flags & JSON_LENIENT)
        buf_z(w->out, isnan(d) ? "\"nan\"" : d > 0 ? "\"inf\"" : "\"-inf\"");
    else
        refuse(w, at, isnan(d) ? "NaN" : "infinity");
}

/* Writes the table as an array as long as its keys come as 1, 2, 3, ..., which they do for what was built as
 * an array.  False: it is none or its order is another; `out` is as before. */
static bool put_sequence(struct writer *w, const struct place *up, int t)
{
    lua_State *L = w->L;
    size_t from = w->out->n;
    lua_Integer n = 0;
    lua_pushnil(L);
    while (lua_next(L, t)) {
        if (!lua_isinteger(L, -2) || lua_tointeger(L, -2) != n + 1) {
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

static void put_table(struct writer *w, const struct place *at, int t)
{
    lua_State *L = w->L;
    const void *mark = NULL, *const *marks = w->env->mark;
    if (++w->depth > DEPTH_MAX)
        refuse(w, NULL, "a value that is nested too deep, or within itself");
    luaL_checkstack(L, 10, "the value is too large for JSON");
    int top = lua_gettop(L);
    if (lua_getmetatable(L, t)) {
        mark = lua_topointer(L, -1);
        lua_pop(L, 1);
    }
    lua_Integer n;
    if (mark == marks[SLOT_OBJECT])
        put_object(w, at, t, NULL);
    else if (put_sequence(w, at, t))
        ;
    else if ((n = holed(L, t)))
        put_holed(w, at, t, n);
    else if (mark == marks[SLOT_ARRAY] && (lua_pushnil(L), !lua_next(L, t)))
        buf_z(w->out, "[]");
    else {
        lua_settop(L, top);
        put_object(w, at, t, mark ? event_nulls(w->env, mark) : NULL);
    }
    lua_settop(L, top);
    w->depth--;
}

static void put_value(struct writer *w, const struct place *at, int idx)
{
    lua_State *L = w->L;
    struct str s;
    if (w->out->full)
        return; /* too long already: no need to see it all */
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

void json_put(lua_State *L, int idx, struct buf *out, unsigned flags)
{
    struct writer w = {L, env_of(L), out, flags, 0};
    luaL_checkstack(L, 10, "the value is too large for JSON");
    put_value(&w, NULL, lua_absindex(L, idx));
}

/* --- reading ------------------------------------------------------------------------------------------- */

struct reader {
    lua_State *L;
    const char *begin, *at, *end;
    struct buf *scratch;
    int depth;
};

static void take_value(struct reader *r);

static void invalid(struct reader *r, const char *what)
{
    luaL_error(r->L, "invalid JSON: %s at byte %d", what, (int)(r->at - r->begin + 1));
}

static bool plain(unsigned char c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

static char peek(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t'))
        r->at++;
    return r->at < r->end ? *r->at : 0;
}

static unsigned take_hex4(struct reader *r)
{
    unsigned v = 0;
    if (r->end - r->at < 4)
        invalid(r, "a \\u escape that is cut off");
    for (int i = 0; i < 4; i++) {
        char c = *r->at++;
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            invalid(r, "a bad \\u escape");
        v = v << 4 | (unsigned)digit;
    }
    return v;
}

static void add_utf8(struct buf *b, unsigned u)
{
    char x[4];
    size_t n = 0;
    if (u < 0x80) {
        x[n++] = (char)u;
    } else if (u < 0x800) {
        x[n++] = (char)(0xC0 | u >> 6);
        x[n++] = (char)(0x80 | (u & 63));
    } else if (u < 0x10000) {
        x[n++] = (char)(0xE0 | u >> 12);
        x[n++] = (char)(0x80 | (u >> 6 & 63));
        x[n++] = (char)(0x80 | (u & 63));
    } else {
        x[n++] = (char)(0xF0 | u >> 18);
        x[n++] = (char)(0x80 | (u >> 12 & 63));
        x[n++] = (char)(0x80 | (u >> 6 & 63));
        x[n++] = (char)(0x80 | (u & 63));
    }
    buf_add(b, x, n);
}

#define REPLACEMENT 0xFFFD /* for half a surrogate pair: JSON can spell it, UTF-8 cannot */

static void take_unicode(struct reader *r)
{
    unsigned u = take_hex4(r);
    if (u >= 0xD800 && u < 0xDC00 && r->end - r->at >= 6 && r->at[0] == '\\' && r->at[1] == 'u') {
        const char *back = r->at;
        r->at += 2;
        unsigned low = take_hex4(r);
        if (low >= 0xDC00 && low < 0xE000) {
            add_utf8(r->scratch, 0x10000 + ((u - 0xD800) << 10) + (low - 0xDC00));
            return;
        }
        r->at = back;
    }
    add_utf8(r->scratch, u >= 0xD800 && u < 0xE000 ? REPLACEMENT : u);
}

static void take_escape(struct reader *r)
{
    static const char meaning[256] = {
        ['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t',
    };
    char c = r->at < r->end ? *r->at : 0;
    if (c == 'u') {
        r->at++;
        take_unicode(r);
        return;
    }
    if (!meaning[(unsigned char)c])
        invalid(r, "a bad escape");
    buf_char(r->scratch, meaning[(unsigned char)c]);
    r->at++;
}

/* Stands behind the opening quote; pushes the string. */
static void take_string(struct reader *r)
{
    const char *from = r->at;
    bool escaped = false, high = false;
    for (;; r->at++) {
        while (r->at < r->end && plain((unsigned char)*r->at)) {
            high |= (*r->at & 0x80) != 0;
            r->at++;
        }
        if (r->at == r->end)
            invalid(r, "a string without an end");
        if (*r->at == '"')
            break;
        if (*r->at != '\\')
            invalid(r, "a control character in a string");
        if (!escaped)
            buf_clear(r->scratch);
        escaped = true;
        buf_add(r->scratch, from, (size_t)(r->at++ - from));
        take_escape(r);
        from = r->at--;
    }
    struct str s = str_n(from, (size_t)(r->at - from));
    if (escaped) {
        buf_str(r->scratch, s);
        s = buf_view(r->scratch);
        if (r->scratch->full)
            invalid(r, "a string that is too long");
    }
    if (high && !codec_utf8_valid(s))
        invalid(r, "a string that is not UTF-8");
    lua_pushlstring(r->L, s.p, s.n);
    r->at++;
}

static bool digit(const struct reader *r)
{
    return r->at < r->end && *r->at >= '0' && *r->at <= '9';
}

static void take_digits(struct reader *r)
{
    if (!digit(r))
        invalid(r, "a bad number");
    while (digit(r))
        r->at++;
}

#define NUMBER_MAX 400

static void push_float(struct reader *r, struct str text)
{
    char z[NUMBER_MAX + 1];
    if (text.n > NUMBER_MAX)
        invalid(r, "a number that is too long");
    double d = strtod(str_copy(text, z, sizeof(z)), NULL);
    if (isinf(d))
        invalid(r, "a number that is too large");
    lua_pushnumber(r->L, d);
}

static void take_number(struct reader *r)
{
    const char *from = r->at;
    bool whole = true;
    if (*r->at == '-')
        r->at++;
    if (r->at < r->end && *r->at == '0')
        r->at++;
    else
        take_digits(r);
    if (r->at < r->end && *r->at == '.') {
        whole = false;
        r->at++;
        take_digits(r);
    }
    if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
        whole = false;
        r->at++;
        if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
            r->at++;
        take_digits(r);
    }
    struct str text = str_n(from, (size_t)(r->at - from));
    int64_t v;
    if (whole && str_to_i64(text, &v))
        lua_pushinteger(r->L, v);
    else
        push_float(r, text);
}

/* Elements and members wait on the stack until there are FLOCK of them or the container ends; so a table is
 * made with its right size, and a small one is filled at once. */
#define FLOCK 32

static void flush_elements(lua_State *L, int t, lua_Integer *done, int count)
{
    for (int i = count; i > 0; i--)
        lua_rawseti(L, t, *done + i);
    *done += count;
}

static void take_array(struct reader *r)
{
    lua_State *L = r->L;
    int t = 0, count = 0, base = lua_gettop(L);
    lua_Integer done = 0;
    r->at++;
    if (peek(r) == ']') {
        r->at++;
        lua_newtable(L);
        lib_mark(L, SLOT_ARRAY);
        return;
    }
    lua_pushnil(L); /* the table's place */
    for (;;) {
        take_value(r);
        count++;
        char c = peek(r);
        if (c != ',' && c != ']')
            invalid(r, "neither ',' nor ']' after an array's element");
        r->at++;
        if (count == FLOCK || c == ']') {
            if (!t) {
                t = base + 1;
                lua_createtable(L, c == ']' ? count : 2 * FLOCK, 0);
                lua_replace(L, t);
            }
            flush_elements(L, t, &done, count);
            count = 0;
        }
        if (c == ']')
            break;
    }
    lib_mark(L, SLOT_ARRAY);
}

static void take_member(struct reader *r)
{
    if (peek(r) != '"')
        invalid(r, "an object's member without a name in quotes");
    r->at++;
    take_string(r);
    if (peek(r) != ':')
        invalid(r, "no ':' after an object's member name");
    r->at++;
    take_value(r);
}

/* The earliest first, so that of two members with one name the last stays. */
static void flush_members(lua_State *L, int t, int count)
{
    int first = lua_gettop(L) - 2 * count + 1;
    for (int i = 0; i < count; i++) {
        lua_pushvalue(L, first + 2 * i);
        lua_pushvalue(L, first + 2 * i + 1);
        lua_rawset(L, t);
    }
    lua_settop(L, first - 1);
}

static void take_object(struct reader *r)
{
    lua_State *L = r->L;
    int t = 0, count = 0, base = lua_gettop(L);
    r->at++;
    if (peek(r) == '}') {
        r->at++;
        lua_newtable(L);
        return;
    }
    lua_pushnil(L);
    for (;;) {
        take_member(r);
        count++;
        char c = peek(r);
        if (c != ',' && c != '}')
            invalid(r, "neither ',' nor '}' after an object's member");
        r->at++;
        if (count == FLOCK || c == '}') {
            if (!t) {
                t = base + 1;
                lua_createtable(L, 0, c == '}' ? count : 2 * FLOCK);
                lua_replace(L, t);
            }
            flush_members(L, t, count);
            count = 0;
        }
        if (c == '}')
            break;
    }
}

static void take_word(struct reader *r, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0)
        invalid(r, "an unknown word");
    r->at += n;
}

static void take_value(struct reader *r)
{
    switch (peek(r)) {
    case '{':
    case '[':
        if (++r->depth > DEPTH_MAX)
            invalid(r, "nested too deep");
        luaL_checkstack(r->L, 2 * FLOCK + 8, "JSON is nested too deep");
        *r->at == '{' ? take_object(r) : take_array(r);
        r->depth--;
        return;
    case '"':
        r->at++;
        take_string(r);
        return;
    case 't':
        take_word(r, "true");
        lua_pushboolean(r->L, 1);
        return;
    case 'f':
        take_word(r, "false");
        lua_pushboolean(r->L, 0);
        return;
    case 'n':
        take_word(r, "null");
        json_push_null(r->L);
        return;
    case 0:
        invalid(r, r->at == r->end ? "it ends too early" : "a zero byte");
        return;
    default:
        if (*r->at != '-' && !digit(r))
            invalid(r, "an unknown character");
        take_number(r);
    }
}

void json_take(lua_State *L, struct str text)
{
    struct reader r = {L, text.p, text.p, text.p + text.n, &env_of(L)->x->scratch, 0};
    if (text.n > TEXT_MAX)
        luaL_error(L, "invalid JSON: longer than %d bytes", (int)TEXT_MAX);
    luaL_checkstack(L, 8, "JSON is nested too deep");
    take_value(&r);
    peek(&r);
    if (r.at < r.end)
        invalid(&r, "something behind the value");
}

/* --- the library --------------------------------------------------------------------------------------- */

void json_push_null(lua_State *L)
{
    lua_pushlightuserdata(L, NULL);
}

bool json_is_null(lua_State *L, int idx)
{
    return lua_islightuserdata(L, idx) && !lua_touserdata(L, idx);
}

static int encode(lua_State *L)
{
    luaL_checkany(L, 1);
    struct buf *out = lib_out(L);
    json_put(L, 1, out, 0);
    if (out->full)
        return luaL_error(L, "cannot be written as JSON: longer than %d bytes", (int)TEXT_MAX);
    lua_pushlstring(L, out->p, out->n);
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
