#include "base/json.h"

struct json_reader json_reader(struct str text, struct arena *a)
{
    return (struct json_reader){.at = text.p, .end = text.p + text.n, .arena = a};
}

bool json_fail(struct json_reader *r)
{
    if (!r->bad)
        r->bad_at = r->at;
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
            return json_fail(r);
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
        return json_fail(r);
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
        return json_fail(r);
    *name = json_string(r);
    if (r->bad || next_byte(r) != ':')
        return json_fail(r);
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
        json_fail(r);
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

/* *p stands behind "\u".  A high surrogate takes its low one along.  Half a pair is no character and no UTF-8
 * can say it, so a text with one is as broken as one with bytes that are no UTF-8. */
static bool put_u_escape(struct json_reader *r, const char **p, const char *end, char **to)
{
    int cp = hex4(*p, end);
    if (cp < 0)
        return false;
    *p += 4;
    r->zeros |= cp == 0;
    if (cp >= 0xD800 && cp < 0xDC00 && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u') {
        int low = hex4(*p + 2, end);
        if (low >= 0xDC00 && low < 0xE000) {
            *p += 6;
            *to = put_utf8(*to, 0x10000u + ((unsigned)(cp - 0xD800) << 10) + (unsigned)(low - 0xDC00));
            return true;
        }
    }
    if (cp >= 0xD800 && cp < 0xE000)
        return false;
    *to = put_utf8(*to, (unsigned)cp);
    return true;
}

static bool put_escape(struct json_reader *r, const char **p, const char *end, char **to)
{
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    char c = *(*p)++;
    if (c == 'u')
        return put_u_escape(r, p, end, to);
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
        if (!put_escape(r, &p, end, &to)) {
            json_fail(r);
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
        json_fail(r);
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
    switch (depth < JSON_DEPTH_MAX ? json_peek(r) : JSON_END) {
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
        json_fail(r);
        return STR("");
    }
    return str_n(from, (size_t)(r->at - from));
}

bool json_done(struct json_reader *r)
{
    skip_blanks(r);
    return !r->bad && r->at == r->end;
}
