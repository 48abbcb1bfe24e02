#include "store/key.h"

#include "base/rc.h"

/* No ceiling here: who looks for what no key can be finds nothing, and the store refuses to put it
 * (STORE_KEY_MAX). */
#define UNBOUNDED (SIZE_MAX / 2)

static void append(struct key *k, const void *p, size_t n)
{
    if (!k->big && k->n + n <= sizeof k->small) {
        if (n)
            memcpy(k->small + k->n, p, n);
        k->n += n;
        return;
    }
    if (!k->big) {
        buf_init(&k->b, UNBOUNDED);
        buf_add(&k->b, k->small, k->n);
        k->big = true;
    }
    buf_add(&k->b, p, n);
    k->n = k->b.n;
}

void key_init(struct key *k, const char *space)
{
    k->n = 0;
    k->big = false;
    key_z(k, space);
}

void key_release(struct key *k)
{
    if (k->big)
        buf_release(&k->b);
    k->n = 0;
    k->big = false;
}

void key_str(struct key *k, struct str s)
{
    while (s.n) {
        ptrdiff_t zero = str_find(s, 0);
        size_t run = zero < 0 ? s.n : (size_t)zero;
        append(k, s.p, run);
        s = str_sub(s, run, s.n);
        if (s.n) {
            append(k, "\x00\xff", 2);
            s = str_sub(s, 1, s.n);
        }
    }
    append(k, "\x00\x01", 2);
}

void key_z(struct key *k, const char *z)
{
    key_str(k, str_z(z));
}

void key_u64(struct key *k, uint64_t v)
{
    unsigned char out[8];
    for (int i = 0; i < 8; i++)
        out[i] = (unsigned char)(v >> (56 - 8 * i));
    append(k, out, sizeof out);
}

static const uint64_t sign = (uint64_t)1 << 63;

void key_i64(struct key *k, int64_t v)
{
    key_u64(k, (uint64_t)v ^ sign);
}

void key_raw(struct key *k, struct str bytes)
{
    append(k, bytes.p, bytes.n);
}

void key_cut(struct key *k, size_t n)
{
    if (n > k->n)
        BUG("a key of %zu bytes cut to %zu", k->n, n);
    k->n = n;
    if (k->big)
        k->b.n = n;
}

struct str key_view(const struct key *k)
{
    return str_n(k->big ? k->b.p : k->small, k->n);
}

void key_after(struct key *end, struct str prefix)
{
    end->n = 0;
    end->big = false;
    while (prefix.n && (unsigned char)prefix.p[prefix.n - 1] == 0xff)
        prefix.n--;
    if (!prefix.n)
        return;
    char last = (char)(prefix.p[prefix.n - 1] + 1);
    append(end, prefix.p, prefix.n - 1);
    append(end, &last, 1);
}

/* The text part at the front of *rest. */
static bool read_text(struct str *rest, struct buf *out)
{
    struct str s = *rest;
    for (;;) {
        ptrdiff_t zero = str_find(s, 0);
        if (zero < 0 || (size_t)zero + 1 == s.n)
            return false;
        char mark = s.p[zero + 1];
        /* The zero itself is text when it was escaped. */
        buf_add(out, s.p, (size_t)zero + (mark == '\xff'));
        s = str_sub(s, (size_t)zero + 2, s.n);
        if (mark == '\x01')
            break;
        if (mark != '\xff')
            return false;
    }
    *rest = s;
    return true;
}

bool key_read(struct key_reader *r, struct str key, const char *space)
{
    size_t n = strlen(space);
    if (key.n < n + 2 || memcmp(key.p, space, n) != 0 || memcmp(key.p + n, "\x00\x01", 2) != 0)
        return false;
    r->rest = str_sub(key, n + 2, key.n);
    return true;
}

bool key_read_str(struct key_reader *r, struct buf *out)
{
    return read_text(&r->rest, out);
}

bool key_read_u64(struct key_reader *r, uint64_t *out)
{
    if (r->rest.n < 8)
        return false;
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v = v << 8 | (unsigned char)r->rest.p[i];
    r->rest = str_sub(r->rest, 8, r->rest.n);
    *out = v;
    return true;
}

bool key_read_i64(struct key_reader *r, int64_t *out)
{
    uint64_t v;
    if (!key_read_u64(r, &v))
        return false;
    *out = (int64_t)(v ^ sign);
    return true;
}
