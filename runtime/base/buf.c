#include "base/buf.h"

#include "base/rc.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_release(struct buf *b)
{
    free(b->p);
    *b = (struct buf){.max = b->max};
}

void buf_clear(struct buf *b)
{
    b->n = 0;
    b->full = false;
}

/* One byte more than asked for is always kept, so that buf_zstr never has to move the bytes. */
static void grow(struct buf *b, size_t want)
{
    size_t cap = b->cap ? b->cap + b->cap / 2 : 128;
    if (cap < want + 1)
        cap = want + 1;
    if (cap > b->max)
        cap = b->max + 1;
    b->p = xrealloc(b->p, cap);
    b->cap = cap;
}

char *buf_room(struct buf *b, size_t n)
{
    if (b->full || n > b->max - b->n) {
        b->full = true;
        return NULL;
    }
    if (b->n + n >= b->cap)
        grow(b, b->n + n);
    return b->p + b->n;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
    char *at = n ? buf_room(b, n) : NULL;
    if (!at)
        return;
    memcpy(at, p, n);
    b->n += n;
}

void buf_char(struct buf *b, char c)
{
    char *at = buf_room(b, 1);
    if (!at)
        return;
    *at = c;
    b->n++;
}

void buf_z(struct buf *b, const char *z)
{
    buf_add(b, z, strlen(z));
}

void buf_str(struct buf *b, struct str s)
{
    buf_add(b, s.p, s.n);
}

void buf_i64(struct buf *b, int64_t v)
{
    char room[21]; /* a sign, and the room of str_u64 */
    size_t n = str_u64(v < 0 ? 0 - (uint64_t)v : (uint64_t)v, room + 1).n;
    if (v < 0)
        room[sizeof room - ++n] = '-';
    buf_add(b, room + sizeof room - n, n);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    char small[256];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(small, sizeof small, fmt, args);
    va_end(args);
    if (n < 0)
        BUG("a bad format: %s", fmt);
    if ((size_t)n < sizeof small) {
        buf_add(b, small, (size_t)n);
        return;
    }
    char *at = buf_room(b, (size_t)n);
    if (!at)
        return;
    va_start(args, fmt);
    vsnprintf(at, (size_t)n + 1, fmt, args);
    va_end(args);
    b->n += (size_t)n;
}

/* How many of eight bytes, from the first on, are plain inside a JSON string: a word-wise test for < 0x20,
 * '"' and '\\'.  A subtraction may borrow into the byte behind a special one, never into one before it. */
static size_t plain_of_eight(const char *p)
{
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    uint64_t w;
    memcpy(&w, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');
    uint64_t special = ((w - ones * 0x20) & ~w) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash);
    return special & highs ? (size_t)__builtin_ctzll(special & highs) / 8 : 8;
}

static bool json_plain(unsigned char c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

/* Long texts go by blocks: a loop without an early end, which a compiler does in a few vector instructions.
 */
enum { BLOCK = 32 };
static bool block_plain(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    unsigned char special = 0;
    for (int i = 0; i < BLOCK; i++)
        special |= (unsigned char)((p[i] < 0x20) | (p[i] == '"') | (p[i] == '\\'));
    return !special;
}

size_t buf_json_plain(const char *p, size_t n)
{
    size_t i = 0;
    while (n - i >= 8) {
        if (i >= BLOCK && n - i >= BLOCK && block_plain(p + i)) {
            i += BLOCK;
            continue;
        }
        size_t plain = plain_of_eight(p + i);
        i += plain;
        if (plain < 8)
            return i;
    }
    while (i < n && json_plain((unsigned char)p[i]))
        i++;
    return i;
}

static void json_escape(struct buf *b, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    switch (c) {
    case '"':
        buf_add(b, "\\\"", 2);
        return;
    case '\\':
        buf_add(b, "\\\\", 2);
        return;
    case '\b':
        buf_add(b, "\\b", 2);
        return;
    case '\f':
        buf_add(b, "\\f", 2);
        return;
    case '\n':
        buf_add(b, "\\n", 2);
        return;
    case '\r':
        buf_add(b, "\\r", 2);
        return;
    case '\t':
        buf_add(b, "\\t", 2);
        return;
    }
    char u[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    buf_add(b, u, sizeof u);
}

/* A string that did not fit leaves nothing behind. */
static void undo_when_full(struct buf *b, size_t start)
{
    if (b->full)
        b->n = start;
}

void buf_json(struct buf *b, struct str s)
{
    size_t start = b->n, run = s.n ? buf_json_plain(s.p, s.n) : 0;
    if (run == s.n && s.n <= b->max) { /* nearly always: one copy */
        char *at = buf_room(b, s.n + 2);
        if (!at)
            return;
        at[0] = '"';
        if (s.n)
            memcpy(at + 1, s.p, s.n);
        at[s.n + 1] = '"';
        b->n += s.n + 2;
        return;
    }
    buf_char(b, '"');
    for (;;) {
        buf_add(b, s.p, run);
        s.p += run, s.n -= run;
        if (!s.n)
            break;
        json_escape(b, (unsigned char)*s.p);
        s.p++, s.n--;
        run = buf_json_plain(s.p, s.n);
    }
    buf_char(b, '"');
    undo_when_full(b, start);
}

static bool xml_plain(unsigned char c)
{
    return (c >= 0x20 || c == '\t' || c == '\n') && c != '&' && c != '<' && c != '>' && c != '"';
}

static void xml_escape(struct buf *b, unsigned char c)
{
    switch (c) {
    case '&':
        buf_z(b, "&amp;");
        return;
    case '<':
        buf_z(b, "&lt;");
        return;
    case '>':
        buf_z(b, "&gt;");
        return;
    case '"':
        buf_z(b, "&quot;");
        return;
    case '\r': /* a reader would make it a line's end */
        buf_z(b, "&#xd;");
        return;
    }
    buf_z(b, "\xef\xbf\xbd"); /* XML has no control characters, not even escaped: U+FFFD */
}

void buf_xml(struct buf *b, struct str s)
{
    size_t start = b->n;
    while (s.n) {
        size_t run = 0;
        while (run < s.n && xml_plain((unsigned char)s.p[run]))
            run++;
        buf_add(b, s.p, run);
        s.p += run, s.n -= run;
        if (s.n)
            xml_escape(b, (unsigned char)*s.p++), s.n--;
    }
    undo_when_full(b, start);
}

void buf_drop(struct buf *b, size_t n)
{
    if (n >= b->n) {
        b->n = 0;
        return;
    }
    memmove(b->p, b->p + n, b->n - n);
    b->n -= n;
}

struct str buf_view(const struct buf *b)
{
    return b->p ? str_n(b->p, b->n) : STR("");
}

const char *buf_zstr(struct buf *b)
{
    if (!b->p)
        return "";
    b->p[b->n] = 0;
    return b->p;
}
