#include "base/str.h"

/* The first bytes as a number, at most eight. */
static uint64_t word(const char *p, size_t n)
{
    uint64_t w = 0;
    uint32_t first, last;
    if (n >= 8) {
        memcpy(&w, p, 8);
        return w;
    }
    if (n >= 4) {
        memcpy(&first, p, 4);
        memcpy(&last, p + n - 4, 4);
        return (uint64_t)last << 32 | first;
    }
    while (n > 0)
        w = w << 8 | (unsigned char)p[--n];
    return w;
}

/* In each byte from 'A' to 'Z' the top bits of two sums differ, and theirs is moved to where small letters
 * have one.  No sum carries into the next byte. */
static uint64_t lower(uint64_t w)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x80 * ones;
    uint64_t from_a = (w & ~tops) + (0x80 - 'A') * ones, past_z = (w & ~tops) + (0x80 - 'Z' - 1) * ones;
    return w | (from_a & ~past_z & ~w & tops) >> 2;
}

bool str_same_letters(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i += 8)
        if (lower(word(a + i, n - i)) != lower(word(b + i, n - i)))
            return false;
    return true;
}

bool str_ieq_any(struct str s, const struct str *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_ieq(s, list[i]))
            return true;
    return false;
}

int str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    if (order)
        return order;
    return (a.n > b.n) - (a.n < b.n);
}

bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n && (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

ptrdiff_t str_find(struct str s, char c)
{
    const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
    return at ? at - s.p : -1;
}

ptrdiff_t str_search(struct str s, struct str needle)
{
    if (needle.n == 0)
        return 0;
    const char *at = s.n ? memmem(s.p, s.n, needle.p, needle.n) : NULL;
    return at ? at - s.p : -1;
}

struct str str_sub(struct str s, size_t at, size_t n)
{
    if (!s.p)
        return s;
    if (at > s.n)
        at = s.n;
    if (n > s.n - at)
        n = s.n - at;
    return str_n(s.p + at, n);
}

struct str str_cut(struct str *rest, char sep)
{
    struct str whole = *rest;
    ptrdiff_t at = str_find(whole, sep);
    if (at < 0) {
        *rest = STR_NONE;
        return whole;
    }
    *rest = str_n(whole.p + at + 1, whole.n - (size_t)at - 1);
    return str_n(whole.p, (size_t)at);
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
    while (s.n && blank(s.p[0]))
        s.p++, s.n--;
    while (s.n && blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool str_to_i64(struct str s, int64_t *out)
{
    bool negative = s.n && s.p[0] == '-';
    size_t at = negative || (s.n && s.p[0] == '+');
    if (at == s.n)
        return false;
    int64_t v = 0; /* counted downwards, because the negative side is the longer one */
    for (; at < s.n; at++) {
        if (s.p[at] < '0' || s.p[at] > '9')
            return false;
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, s.p[at] - '0', &v))
            return false;
    }
    if (!negative && v == INT64_MIN)
        return false;
    *out = negative ? v : -v;
    return true;
}

static size_t after_sign(struct str s, size_t at)
{
    return at < s.n && (s.p[at] == '-' || s.p[at] == '+') ? at + 1 : at;
}

static size_t after_digits(struct str s, size_t at)
{
    while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9')
        at++;
    return at;
}

bool str_is_decimal(struct str s)
{
    size_t begin = after_sign(s, 0), at = after_digits(s, begin), digits = at - begin;
    if (at < s.n && s.p[at] == '.') {
        begin = at + 1;
        at = after_digits(s, begin);
        digits += at - begin;
    }
    if (digits && at < s.n && (s.p[at] == 'e' || s.p[at] == 'E')) {
        begin = after_sign(s, at + 1);
        at = after_digits(s, begin);
        digits = at - begin;
    }
    return digits && at == s.n;
}

struct str str_u64(uint64_t n, char room[20])
{
    char *end = room + 20, *at = end;
    do
        *--at = (char)('0' + n % 10);
    while (n /= 10);
    return str_n(at, (size_t)(end - at));
}

char *str_copy(struct str s, char *out, size_t size)
{
    size_t n = s.n < size ? s.n : size - 1;
    if (n)
        memcpy(out, s.p, n);
    out[n] = 0;
    return out;
}
