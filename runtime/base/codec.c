#include "base/codec.h"

static const char hex_lower[] = "0123456789abcdef";
static const char hex_upper[] = "0123456789ABCDEF";

void codec_hex(struct str in, char *out)
{
    for (size_t i = 0; i < in.n; i++) {
        unsigned char c = (unsigned char)in.p[i];
        *out++ = hex_lower[c >> 4];
        *out++ = hex_lower[c & 15];
    }
    *out = 0;
}

static const char base64_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void codec_base64(struct buf *out, struct str in)
{
    const unsigned char *p = (const unsigned char *)in.p;
    size_t left = in.n;
    char *at = buf_room(out, (in.n + 2) / 3 * 4);
    if (!at)
        return;
    for (; left >= 3; p += 3, left -= 3, at += 4) {
        unsigned w = (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2];
        at[0] = base64_letters[w >> 18];
        at[1] = base64_letters[w >> 12 & 63];
        at[2] = base64_letters[w >> 6 & 63];
        at[3] = base64_letters[w & 63];
    }
    if (left) {
        unsigned w = (unsigned)p[0] << 16 | (left == 2 ? (unsigned)p[1] << 8 : 0);
        at[0] = base64_letters[w >> 18];
        at[1] = base64_letters[w >> 12 & 63];
        at[2] = left == 2 ? base64_letters[w >> 6 & 63] : '=';
        at[3] = '=';
    }
    out->n += (in.n + 2) / 3 * 4;
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool codec_unbase64(struct buf *out, struct str in)
{
    if (in.n % 4)
        return false;
    if (!in.n)
        return true;
    size_t pad = in.p[in.n - 1] != '=' ? 0 : in.p[in.n - 2] != '=' ? 1 : 2;
    size_t letters = in.n - pad, bytes = in.n / 4 * 3 - pad;
    unsigned char *at = (unsigned char *)buf_room(out, bytes);
    if (!at)
        return false;
    unsigned w = 0;
    for (size_t i = 0; i < letters; i++) {
        int v = base64_value(in.p[i]);
        if (v < 0)
            return false;
        w = w << 6 | (unsigned)v;
        if (i % 4) /* each letter but the first of four completes a byte */
            *at++ = (unsigned char)(w >> (6 - 2 * (i % 4)));
    }
    out->n += bytes;
    return true;
}

size_t codec_unbase64_size(struct str in)
{
    size_t n = in.n / 4 * 3;
    for (; in.n && in.p[in.n - 1] == '='; in.n--)
        n--;
    return n;
}

static bool unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

void codec_percent(struct buf *out, struct str in, const char *keep)
{
    for (size_t i = 0; i < in.n; i++) {
        unsigned char c = (unsigned char)in.p[i];
        if (unreserved(in.p[i]) || (c && strchr(keep, c))) {
            buf_char(out, in.p[i]);
            continue;
        }
        char x[3] = {'%', hex_upper[c >> 4], hex_upper[c & 15]};
        buf_add(out, x, 3);
    }
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

struct str codec_unpercent(struct arena *a, struct str in, bool plus)
{
    if (!in.p)
        return in;
    char *start = arena_alloc(a, in.n + 1), *at = start;
    for (size_t i = 0; i < in.n; i++) {
        char c = in.p[i];
        if (c == '%' && in.n - i > 2 && hex_value(in.p[i + 1]) >= 0 && hex_value(in.p[i + 2]) >= 0) {
            *at++ = (char)(hex_value(in.p[i + 1]) << 4 | hex_value(in.p[i + 2]));
            i += 2;
        } else {
            *at++ = plus && c == '+' ? ' ' : c;
        }
    }
    *at = 0;
    return str_n(start, (size_t)(at - start));
}

size_t codec_utf8_step(const unsigned char *p, size_t left)
{
    if (p[0] < 0x80)
        return 1;
    size_t n = p[0] >= 0xc2 && p[0] <= 0xdf   ? 2
               : (p[0] & 0xf0) == 0xe0        ? 3
               : p[0] >= 0xf0 && p[0] <= 0xf4 ? 4
                                              : 0;
    if (!n || n > left)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool low = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool high = (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf4 && p[1] > 0x8f);
    return low || high ? 0 : n;
}

static bool eight_ascii(const unsigned char *p)
{
    uint64_t w;
    memcpy(&w, p, 8);
    return (w & 0x8080808080808080u) == 0;
}

static size_t ascii_run(const unsigned char *from, const unsigned char *end)
{
    const unsigned char *p = from;
    while (end - p >= 8 && eight_ascii(p))
        p += 8;
    while (p < end && *p < 0x80)
        p++;
    return (size_t)(p - from);
}

long codec_utf16_len(struct str in)
{
    const unsigned char *p = (const unsigned char *)in.p, *end = in.n ? p + in.n : p;
    long units = 0;
    for (;;) {
        size_t n = ascii_run(p, end);
        p += n, units += (long)n;
        if (p == end)
            return units;
        n = codec_utf8_step(p, (size_t)(end - p));
        if (!n)
            return -1;
        p += n, units += n == 4 ? 2 : 1;
    }
}

bool codec_utf8_valid(struct str in)
{
    return codec_utf16_len(in) >= 0;
}

void codec_utf8_mend(struct buf *out, struct str in)
{
    for (size_t i = 0; i < in.n;) {
        size_t n = codec_utf8_step((const unsigned char *)in.p + i, in.n - i);
        buf_str(out, n ? str_n(in.p + i, n) : STR("\xef\xbf\xbd"));
        i += n ? n : 1;
    }
}

struct str codec_utf8_mended(struct arena *a, struct str in)
{
    if (codec_utf8_valid(in))
        return in;
    struct buf b;
    buf_init(&b, 3 * in.n);
    codec_utf8_mend(&b, in);
    struct str good = arena_str(a, buf_view(&b));
    buf_release(&b);
    return good;
}
