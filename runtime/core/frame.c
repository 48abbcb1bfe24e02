#include "core/child.h"

#define HEAD 5 /* u32 length of what follows the length, u8 kind */
#define ABSENT UINT32_MAX

size_t frame_begin(struct buf *b, unsigned kind)
{
    size_t at = b->n;
    char head[HEAD] = {0, 0, 0, 0, (char)kind};
    b->full = false;
    buf_add(b, head, HEAD);
    return at;
}

bool frame_end(struct buf *b, size_t at)
{
    if (b->full || b->n - at > FRAME_MAX) {
        b->n = at;
        b->full = false;
        return false;
    }
    uint32_t length = (uint32_t)(b->n - at - 4);
    memcpy(b->p + at, &length, 4);
    return true;
}

void frame_i64(struct buf *b, int64_t v)
{
    buf_add(b, &v, sizeof(v));
}

void frame_str(struct buf *b, struct str s)
{
    uint32_t n = s.p ? (uint32_t)s.n : ABSENT;
    size_t bytes = s.p ? s.n : 0;
    char *at = bytes <= FRAME_MAX ? buf_room(b, sizeof(n) + bytes) : NULL;
    if (!at) {
        b->full = true;
        return;
    }
    memcpy(at, &n, sizeof(n));
    if (bytes)
        memcpy(at + sizeof(n), s.p, bytes);
    b->n += sizeof(n) + bytes;
}

bool frame_next(struct str *in, struct frame *f, bool *bad)
{
    uint32_t length;
    *bad = false;
    if (in->n < sizeof(length))
        return false;
    memcpy(&length, in->p, sizeof(length));
    if (length == 0 || length > FRAME_MAX) {
        *bad = true;
        return false;
    }
    if (in->n - sizeof(length) < length)
        return false;
    f->kind = (unsigned char)in->p[4];
    f->rest = str_n(in->p + HEAD, length - 1);
    f->bad = false;
    *in = str_n(in->p + 4 + length, in->n - 4 - length);
    return true;
}

static bool take(struct frame *f, void *out, size_t n)
{
    if (f->bad || f->rest.n < n) {
        f->bad = true;
        return false;
    }
    memcpy(out, f->rest.p, n);
    f->rest = str_n(f->rest.p + n, f->rest.n - n);
    return true;
}

int64_t frame_take_i64(struct frame *f)
{
    int64_t v;
    return take(f, &v, sizeof(v)) ? v : 0;
}

struct str frame_take_str(struct frame *f)
{
    uint32_t n;
    if (!take(f, &n, sizeof(n)) || n == ABSENT)
        return STR_NONE;
    if (f->rest.n < n) {
        f->bad = true;
        return STR_NONE;
    }
    struct str s = str_n(f->rest.p, n);
    f->rest = str_n(f->rest.p + n, f->rest.n - n);
    return s;
}
