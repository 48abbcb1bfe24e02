#include "iterator.h"

#include "base/codec.h"
#include <inttypes.h>

struct str iterator_text(struct arena *a, const struct stream *s, uint64_t next, int64_t issued)
{
    struct buf b;
    buf_init(&b, 4096);
    buf_str(&b, s->arn);
    buf_z(&b, "|1|");
    codec_base64(&b, arena_printf(a, "%" PRIu64 " %" PRId64, next, issued));
    struct str text = arena_str(a, buf_view(&b));
    buf_release(&b);
    return text;
}

bool iterator_read(struct arena *a, struct str text, struct iterator *out)
{
    struct str rest = text;
    out->arn = str_cut(&rest, '|');
    if (!rest.p || !str_is(str_cut(&rest, '|'), "1") || !rest.p)
        return false;
    struct buf b;
    int64_t next = 0;
    buf_init(&b, 256);
    bool ok = codec_unbase64(&b, rest);
    rest = arena_str(a, buf_view(&b));
    buf_release(&b);
    ok = ok && str_to_i64(str_cut(&rest, ' '), &next) && rest.p && str_to_i64(rest, &out->issued) && next > 0;
    out->next = (uint64_t)next;
    return ok;
}
