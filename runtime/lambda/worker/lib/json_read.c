/* JSON text as Lua values. */
#include "lib.h"

#include "base/codec.h"
#include <math.h>
#include <stdlib.h>

#define DEPTH_MAX JSON_DEPTH

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
    if (u >= 0xD800 && u < 0xE000)
        invalid(r, "half a surrogate pair"); /* JSON can spell it, UTF-8 cannot */
    add_utf8(r->scratch, u);
}

static void take_escape(struct reader *r)
{
    static const char meaning[256] = {
        ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
        ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
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
