#include "base/json.h"

#include "base/rc.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* --- printing ---------------------------------------------------------------------------------------- */

#define WHOLE_MAX 9007199254740992.0 /* 2^53: beyond it a double no longer holds every integer */

static void print_i64(struct buf *out, int64_t v)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do
        digits[--at] = (char)('0' + u % 10);
    while (u /= 10);
    if (v < 0)
        digits[--at] = '-';
    buf_add(out, digits + at, sizeof digits - at);
}

static void print_number(struct buf *out, double d)
{
    if (isnan(d) || isinf(d)) {
        buf_add(out, "null", 4); /* JSON has no word for it */
        return;
    }
    if (d >= -WHOLE_MAX && d <= WHOLE_MAX && d == (double)(int64_t)d) {
        print_i64(out, (int64_t)d);
        return;
    }
    char text[40];
    snprintf(text, sizeof text, "%.15g", d);
    if (strtod(text, NULL) != d)
        snprintf(text, sizeof text, "%.17g", d);
    buf_z(out, text);
}

void json_print(struct buf *out, const cJSON *tree)
{
    switch (tree ? tree->type & 0xFF : cJSON_NULL) {
    case cJSON_False:
        buf_add(out, "false", 5);
        return;
    case cJSON_True:
        buf_add(out, "true", 4);
        return;
    case cJSON_Number:
        print_number(out, tree->valuedouble);
        return;
    case cJSON_String:
        buf_json(out, str_z(tree->valuestring));
        return;
    case cJSON_Raw:
        buf_z(out, tree->valuestring);
        return;
    case cJSON_Array:
        buf_char(out, '[');
        for (const cJSON *at = tree->child; at; at = at->next) {
            json_print(out, at);
            if (at->next)
                buf_char(out, ',');
        }
        buf_char(out, ']');
        return;
    case cJSON_Object:
        buf_char(out, '{');
        for (const cJSON *at = tree->child; at; at = at->next) {
            buf_json(out, str_z(at->string));
            buf_char(out, ':');
            json_print(out, at);
            if (at->next)
                buf_char(out, ',');
        }
        buf_char(out, '}');
        return;
    default:
        buf_add(out, "null", 4);
    }
}

/* --- reading ----------------------------------------------------------------------------------------- */

#define DEPTH_MAX 512 /* of values that are skipped as a whole */

struct json_reader json_reader(struct str text, struct arena *a)
{
    return (struct json_reader){.at = text.p, .end = text.p + text.n, .arena = a};
}

static bool fail(struct json_reader *r)
{
    r->bad = true;
    r->at = r->end;
    return false;
}

static void skip_blanks(struct json_reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t'))
        r->at++;
}

/* The next byte after blanks, 0 at the end. */
static char next_byte(struct json_reader *r)
{
    skip_blanks(r);
    return r->at < r->end ? *r->at : 0;
}

enum json_kind json_peek(struct json_reader *r)
{
    char c = next_byte(r);
    switch (c) {
    case '{':
        return JSON_OBJECT;
    case '[':
        return JSON_ARRAY;
    case '"':
        return JSON_STRING;
    case 't':
        return JSON_TRUE;
    case 'f':
        return JSON_FALSE;
    case 'n':
        return JSON_NULL;
    }
    return c == '-' || (c >= '0' && c <= '9') ? JSON_NUMBER : JSON_END;
}

/* Steps into a container or over its comma; false at its end. */
static bool step(struct json_reader *r, bool *first, char open, char close)
{
    char c = next_byte(r);
    if (*first) {
        if (c != open)
            return fail(r);
        r->at++;
        *first = false;
        if (next_byte(r) != close)
            return true;
        r->at++;
        return false;
    }
    if (c == close) {
        r->at++;
        return false;
    }
    if (c != ',')
        return fail(r);
    r->at++;
    return true;
}

bool json_element(struct json_reader *r, bool *first)
{
    return step(r, first, '[', ']');
}

bool json_member(struct json_reader *r, bool *first, struct str *name)
{
    if (!step(r, first, '{', '}'))
        return false;
    if (next_byte(r) != '"')
        return fail(r);
    *name = json_string(r);
    if (r->bad || next_byte(r) != ':')
        return fail(r);
    r->at++;
    return true;
}

/* Stands on the opening quote; goes behind the closing one.  The bytes between, escapes untouched. */
static struct str quoted(struct json_reader *r, bool *escaped)
{
    const char *from = ++r->at;
    *escaped = false;
    while ((r->at += buf_json_plain(r->at, (size_t)(r->end - r->at))) < r->end && *r->at == '\\') {
        *escaped = true;
        r->at += r->end - r->at < 2 ? 1 : 2;
    }
    if (r->at == r->end || *r->at != '"') {
        fail(r);
        return STR("");
    }
    return str_n(from, (size_t)(r->at++ - from));
}

static int hex4(const char *p, const char *end)
{
    int v = 0;
    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int d = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
        if (d < 0)
            return -1;
        v = v * 16 + d;
    }
    return v;
}

static char *put_utf8(char *to, unsigned cp)
{
    if (cp < 0x80) {
        *to++ = (char)cp;
    } else if (cp < 0x800) {
        *to++ = (char)(0xC0 | cp >> 6);
        *to++ = (char)(0x80 | (cp & 63));
    } else if (cp < 0x10000) {
        *to++ = (char)(0xE0 | cp >> 12);
        *to++ = (char)(0x80 | (cp >> 6 & 63));
        *to++ = (char)(0x80 | (cp & 63));
    } else {
        *to++ = (char)(0xF0 | cp >> 18);
        *to++ = (char)(0x80 | (cp >> 12 & 63));
        *to++ = (char)(0x80 | (cp >> 6 & 63));
        *to++ = (char)(0x80 | (cp & 63));
    }
    return to;
}

/* *p stands behind "\u".  A high surrogate takes its low one along; a lone one becomes U+FFFD. */
static bool put_u_escape(const char **p, const char *end, char **to)
{
    int cp = hex4(*p, end);
    if (cp < 0)
        return false;
    *p += 4;
    if (cp >= 0xD800 && cp < 0xDC00 && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u') {
        int low = hex4(*p + 2, end);
        if (low >= 0xDC00 && low < 0xE000) {
            *p += 6;
            *to = put_utf8(*to, 0x10000u + ((unsigned)(cp - 0xD800) << 10) + (unsigned)(low - 0xDC00));
            return true;
        }
    }
    *to = put_utf8(*to, cp >= 0xD800 && cp < 0xE000 ? 0xFFFD : (unsigned)cp);
    return true;
}

static bool put_escape(const char **p, const char *end, char **to)
{
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    char c = *(*p)++;
    if (c == 'u')
        return put_u_escape(p, end, to);
    const char *known = strchr(from, c);
    if (!c || !known)
        return false;
    *(*to)++ = into[known - from];
    return true;
}

/* An escape is never shorter than what it stands for, so the raw length is room enough. */
static struct str unescape(struct json_reader *r, struct str raw)
{
    char *out = arena_alloc(r->arena, raw.n + 1), *to = out;
    const char *p = raw.p, *end = raw.p + raw.n;
    while (p < end) {
        size_t plain = buf_json_plain(p, (size_t)(end - p));
        memcpy(to, p, plain);
        p += plain, to += plain;
        if (p == end)
            break;
        p++; /* a backslash: quoted() let nothing else through */
        if (!put_escape(&p, end, &to)) {
            fail(r);
            return STR("");
        }
    }
    *to = 0;
    return str_n(out, (size_t)(to - out));
}

struct str json_string(struct json_reader *r)
{
    bool escaped;
    if (next_byte(r) != '"') {
        fail(r);
        return STR("");
    }
    struct str raw = quoted(r, &escaped);
    return escaped ? unescape(r, raw) : raw;
}

static bool digits(struct json_reader *r)
{
    const char *from = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
    return r->at > from;
}

static bool skip_number(struct json_reader *r)
{
    if (*r->at == '-')
        r->at++;
    const char *whole = r->at;
    if (!digits(r) || (*whole == '0' && r->at - whole > 1))
        return false;
    if (r->at < r->end && *r->at == '.') {
        r->at++;
        if (!digits(r))
            return false;
    }
    if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
        r->at++;
        if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
            r->at++;
        if (!digits(r))
            return false;
    }
    return true;
}

static bool skip_word(struct json_reader *r, struct str word)
{
    if (!str_starts(str_n(r->at, (size_t)(r->end - r->at)), word))
        return false;
    r->at += word.n;
    return true;
}

static bool skip_value(struct json_reader *r, int depth)
{
    bool first = true;
    struct str name;
    switch (depth < DEPTH_MAX ? json_peek(r) : JSON_END) {
    case JSON_STRING:
        json_string(r); /* with its escapes checked */
        return !r->bad;
    case JSON_NUMBER:
        return skip_number(r);
    case JSON_TRUE:
        return skip_word(r, STR("true"));
    case JSON_FALSE:
        return skip_word(r, STR("false"));
    case JSON_NULL:
        return skip_word(r, STR("null"));
    case JSON_OBJECT:
        while (json_member(r, &first, &name))
            if (!skip_value(r, depth + 1))
                return false;
        return !r->bad;
    case JSON_ARRAY:
        while (json_element(r, &first))
            if (!skip_value(r, depth + 1))
                return false;
        return !r->bad;
    case JSON_END:
        break;
    }
    return false;
}

struct str json_raw(struct json_reader *r)
{
    skip_blanks(r);
    const char *from = r->at;
    if (!skip_value(r, 0)) {
        fail(r);
        return STR("");
    }
    return str_n(from, (size_t)(r->at - from));
}

bool json_done(struct json_reader *r)
{
    skip_blanks(r);
    return !r->bad && r->at == r->end;
}

/* --- trees ------------------------------------------------------------------------------------------- */

/* As cJSON makes it: zero-ended, with cJSON's own allocator. */
static char *text_copy(struct str s)
{
    char *z = cJSON_malloc(s.n + 1);
    if (!z)
        BUG("out of memory");
    if (s.n)
        memcpy(z, s.p, s.n);
    z[s.n] = 0;
    return z;
}

/* A tree's texts end at their first zero: one within a text would cut it, so it is refused. */
static char *tree_text(struct json_reader *r, struct str s)
{
    if (s.n && memchr(s.p, 0, s.n))
        fail(r);
    return text_copy(s);
}

static cJSON *tree_string(struct json_reader *r)
{
    cJSON *node = cJSON_CreateNull();
    node->type = cJSON_String;
    node->valuestring = tree_text(r, json_string(r));
    return node;
}

static cJSON *tree_number(struct json_reader *r)
{
    struct str text = json_raw(r);
    char small[64], *z = text.n < sizeof small ? small : arena_alloc(r->arena, text.n + 1);
    int64_t whole;
    if (text.n < 16 && str_to_i64(text, &whole) && (whole || *text.p != '-'))
        return cJSON_CreateNumber((double)whole);
    return cJSON_CreateNumber(strtod(str_copy(text, z, text.n + 1), NULL));
}

static cJSON *tree_word(struct json_reader *r, enum json_kind kind)
{
    json_raw(r);
    return kind == JSON_NULL ? cJSON_CreateNull() : cJSON_CreateBool(kind == JSON_TRUE);
}

/* At the end of the parent's children; cJSON keeps the last one in the first one's `prev`. */
static void tree_append(cJSON *parent, cJSON *child)
{
    cJSON *first = parent->child;
    if (!first) {
        parent->child = child->prev = child;
        return;
    }
    child->prev = first->prev;
    first->prev->next = child;
    first->prev = child;
}

static cJSON *tree_value(struct json_reader *r, int depth);

/* A container with its children; what is bad is said by r->bad at the end. */
static cJSON *tree_container(struct json_reader *r, enum json_kind kind, int depth)
{
    cJSON *node = kind == JSON_OBJECT ? cJSON_CreateObject() : cJSON_CreateArray(), *child;
    bool first = true;
    struct str name = STR_NONE;
    while (kind == JSON_OBJECT ? json_member(r, &first, &name) : json_element(r, &first)) {
        char *key = kind == JSON_OBJECT ? tree_text(r, name) : NULL;
        if (!(child = tree_value(r, depth + 1))) {
            cJSON_free(key);
            break;
        }
        child->string = key;
        tree_append(node, child);
    }
    return node;
}

static cJSON *tree_value(struct json_reader *r, int depth)
{
    enum json_kind kind = depth < DEPTH_MAX ? json_peek(r) : JSON_END;
    switch (kind) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        return tree_container(r, kind, depth);
    case JSON_STRING:
        return tree_string(r);
    case JSON_NUMBER:
        return tree_number(r);
    case JSON_TRUE:
    case JSON_FALSE:
    case JSON_NULL:
        return tree_word(r, kind);
    case JSON_END:
        break;
    }
    fail(r);
    return NULL;
}

cJSON *json_tree(struct str text)
{
    struct arena a;
    arena_init(&a);
    struct json_reader r = json_reader(text, &a);
    cJSON *tree = text.p ? tree_value(&r, 0) : NULL;
    if (!json_done(&r)) {
        cJSON_Delete(tree);
        tree = NULL;
    }
    arena_release(&a);
    return tree;
}

const char *json_not_object(struct str text)
{
    struct str zero = STR("\\u0000");
    return text.n && memmem(text.p, text.n, zero.p, zero.n)
               ? "holds the character U+0000, which tidepool does not keep"
               : "is not a JSON object";
}
