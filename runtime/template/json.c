#include "base/buf.h"
#include "base/codec.h"
#include "read.h"

struct reader {
    struct arena *arena;
    struct problems *problems;
    const char *at, *end;
    int line, depth;
};

static struct node *read_value(struct reader *r);

/* Says what is wrong, once: the first problem of a file ends its reading. */
static struct node *wrong(struct reader *r, const char *expected)
{
    if (r->at == r->end)
        problem_line(r->problems, r->line, "the file ends where %s should be", expected);
    else if ((unsigned char)*r->at < ' ')
        problem_line(r->problems, r->line, "the line ends where %s should be", expected);
    else
        problem_line(r->problems, r->line, "expected %s, found '%c'", expected, *r->at);
    return NULL;
}

static void skip_blanks(struct reader *r)
{
    for (; r->at < r->end && strchr(" \t\r\n", *r->at) && *r->at; r->at++)
        r->line += *r->at == '\n';
}

static bool take(struct reader *r, char c)
{
    skip_blanks(r);
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

/* --- text */

static bool read_hex4(struct reader *r, unsigned *out)
{
    *out = 0;
    if (r->end - r->at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = *r->at++;
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : 16;
        if (digit == 16)
            return false;
        *out = *out << 4 | digit;
    }
    return true;
}

static void add_utf8(struct buf *out, unsigned c)
{
    if (c < 0x80) {
        buf_char(out, (char)c);
    } else if (c < 0x800) {
        buf_char(out, (char)(0xc0 | c >> 6));
        buf_char(out, (char)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        buf_char(out, (char)(0xe0 | c >> 12));
        buf_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
        buf_char(out, (char)(0x80 | (c & 0x3f)));
    } else {
        buf_char(out, (char)(0xf0 | c >> 18));
        buf_char(out, (char)(0x80 | (c >> 12 & 0x3f)));
        buf_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
        buf_char(out, (char)(0x80 | (c & 0x3f)));
    }
}

/* After \u: one character, of two escapes when it is a surrogate pair.  A zero byte cannot be in a text. */
static bool read_unicode(struct reader *r, struct buf *out)
{
    unsigned c, low;
    if (!read_hex4(r, &c) || c == 0 || (c >= 0xdc00 && c < 0xe000))
        return false;
    if (c >= 0xd800 && c < 0xdc00) {
        if (r->end - r->at < 2 || *r->at++ != '\\' || *r->at++ != 'u' || !read_hex4(r, &low) ||
            low < 0xdc00 || low >= 0xe000)
            return false;
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    add_utf8(out, c);
    return true;
}

static bool read_escape(struct reader *r, struct buf *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (r->at == r->end)
        return false;
    char c = *r->at++;
    if (c == 'u')
        return read_unicode(r, out);
    const char *found = c ? strchr(from, c) : NULL;
    if (found)
        buf_char(out, to[found - from]);
    return found;
}

/* The text whose opening quote was taken. */
static bool read_text_rest(struct reader *r, struct str *text)
{
    struct buf out;
    buf_init(&out, TEMPLATE_MAX);
    const char *why = NULL;
    while (!why) {
        if (r->at == r->end)
            why = "the file ends within a text";
        else if (*r->at == '"')
            break;
        else if ((unsigned char)*r->at < ' ')
            why = "a text may not hold a line break or control character: write \\n";
        else if (*r->at != '\\')
            buf_char(&out, *r->at++);
        else if (r->at++, !read_escape(r, &out))
            why = "bad escape in a text";
    }
    *text = arena_str(r->arena, buf_view(&out));
    buf_release(&out);
    if (why)
        problem_line(r->problems, r->line, "%s", why);
    else
        r->at++;
    return !why;
}

static struct node *read_string(struct reader *r)
{
    struct node *n = node_new(r->arena, NODE_TEXT, NULL);
    n->line = r->line;
    r->at++;
    return read_text_rest(r, &n->text) ? n : NULL;
}

/* --- numbers and words */

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

static struct node *read_number(struct reader *r)
{
    const char *at = r->at + (*r->at == '-'), *digits = at;
    at = skip_digits(at, r->end);
    bool fine = at > digits && (*digits != '0' || at == digits + 1);
    if (fine && at < r->end && *at == '.') {
        digits = ++at;
        at = skip_digits(at, r->end);
        fine = at > digits;
    }
    if (fine && at < r->end && (*at == 'e' || *at == 'E')) {
        at++;
        at += at < r->end && (*at == '+' || *at == '-');
        digits = at;
        at = skip_digits(at, r->end);
        fine = at > digits;
    }
    if (!fine) {
        problem_line(r->problems, r->line, "this is not a number as JSON writes it");
        return NULL;
    }
    struct node *n = node_new(r->arena, NODE_NUMBER, NULL);
    n->line = r->line;
    n->text = arena_str(r->arena, str_n(r->at, (size_t)(at - r->at)));
    r->at = at;
    return n;
}

static struct node *read_word(struct reader *r)
{
    static const struct {
        struct str word;
        enum node_kind kind;
        bool truth;
    } words[] = {{STR_INIT("true"), NODE_BOOL, true},
                 {STR_INIT("false"), NODE_BOOL, false},
                 {STR_INIT("null"), NODE_NULL, false}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!str_starts(str_n(r->at, (size_t)(r->end - r->at)), words[i].word))
            continue;
        r->at += words[i].word.n;
        struct node *n = node_new(r->arena, words[i].kind, NULL);
        n->line = r->line;
        n->truth = words[i].truth;
        return n;
    }
    return wrong(r, "a value");
}

/* --- lists and maps */

static struct node *read_list(struct reader *r)
{
    struct node *list = node_new(r->arena, NODE_LIST, NULL);
    list->line = r->line;
    r->at++;
    if (take(r, ']'))
        return list;
    do {
        struct node *element = read_value(r);
        if (!element)
            return NULL;
        node_add(list, element);
    } while (take(r, ','));
    return take(r, ']') ? list : wrong(r, "',' or ']'");
}

static bool read_member(struct reader *r, struct node *map)
{
    struct str key;
    if (!take(r, '"'))
        return wrong(r, "a name in double quotes");
    int line = r->line;
    if (!read_text_rest(r, &key))
        return false;
    const struct node *twin = node_get_str(map, key);
    if (twin) {
        problem_line(r->problems, line, "\"%.*s\" is here twice, first in line %d", STR_ARG(key), twin->line);
        return false;
    }
    if (!take(r, ':'))
        return wrong(r, "':'");
    struct node *value = read_value(r);
    if (!value)
        return false;
    value->line = line;
    node_put_str(map, key, value);
    return true;
}

static struct node *read_map(struct reader *r)
{
    struct node *map = node_new(r->arena, NODE_MAP, NULL);
    map->line = r->line;
    r->at++;
    if (take(r, '}'))
        return map;
    do {
        if (!read_member(r, map))
            return NULL;
    } while (take(r, ','));
    return take(r, '}') ? map : wrong(r, "',' or '}'");
}

static struct node *read_value(struct reader *r)
{
    skip_blanks(r);
    if (r->at == r->end)
        return wrong(r, "a value");
    if (r->depth == TEMPLATE_DEPTH_MAX) {
        problem_line(r->problems, r->line, "nested deeper than %d", TEMPLATE_DEPTH_MAX);
        return NULL;
    }
    r->depth++;
    struct node *n = *r->at == '{'                                       ? read_map(r)
                     : *r->at == '['                                     ? read_list(r)
                     : *r->at == '"'                                     ? read_string(r)
                     : *r->at == '-' || (*r->at >= '0' && *r->at <= '9') ? read_number(r)
                                                                         : read_word(r);
    r->depth--;
    return n;
}

struct node *read_json(struct arena *a, struct str text, struct problems *p)
{
    struct reader r = {a, p, text.p, text.p + text.n, 1, 0};
    struct node *root = read_value(&r);
    if (!root)
        return NULL;
    skip_blanks(&r);
    return r.at == r.end ? root : wrong(&r, "the end of the file");
}
