#include "page.h"
#include "base/codec.h"
#include "fault.h"
#include "model.h"
#include <inttypes.h>

bool page_begin(struct call *c, struct page *p, struct str token, const char *list)
{
    *p = (struct page){.from = 0};
    struct buf b;
    buf_init(&b, 64);
    bool fits = !token.p || (codec_unbase64(&b, token) && str_to_i64(buf_view(&b), &p->from) && p->from > 0);
    buf_release(&b);
    if (!fits)
        fail_parameter(c, "NextToken");
    else
        p->list = cJSON_AddArrayToObject(call_out(c), list);
    return fits;
}

bool page_takes(struct page *p)
{
    int64_t at = p->seen++;
    return at >= p->from && at < p->from + PAGE;
}

void page_end(struct call *c, struct page *p)
{
    if (p->seen <= p->from + PAGE)
        return;
    struct buf b;
    buf_init(&b, 64);
    codec_base64(&b, arena_printf(&c->arena, "%" PRId64, p->from + PAGE));
    cJSON_AddStringToObject(call_out(c), "NextToken", buf_zstr(&b));
    buf_release(&b);
}
