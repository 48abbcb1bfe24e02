#include "handle.h"
#include "base/codec.h"
#include "base/digest.h"
#include "fault.h"

#define PREFIX "AQEB" /* as AWS's begin, too */

struct handle {
    uint32_t queue, receives;
    uint64_t seq;
    int64_t visible_at;
    uint32_t tag, check;
};

static uint32_t check_of(struct handle h)
{
    h.check = 0x74696465;
    return digest_crc32(str_n(&h, sizeof(h)));
}

struct str handle_make(struct call *c, const struct queue *q, const struct due *d)
{
    struct handle h = {(uint32_t)q->handle, d->receives, d->seq, d->visible_at, d->tag, 0};
    h.check = check_of(h);
    struct buf b;
    buf_init(&b, 256);
    buf_z(&b, PREFIX);
    codec_base64(&b, str_n(&h, sizeof(h)));
    struct str text = arena_str(&c->arena, buf_view(&b));
    buf_release(&b);
    return text;
}

static bool parse(struct str text, struct handle *h)
{
    if (!str_starts(text, STR(PREFIX)) || text.n > 128)
        return false;
    struct buf b;
    buf_init(&b, 256);
    bool fits = codec_unbase64(&b, str_sub(text, strlen(PREFIX), text.n)) && b.n == sizeof(*h);
    if (fits)
        memcpy(h, b.p, sizeof(*h));
    buf_release(&b);
    return fits && h->check == check_of(*h);
}

/* A later receive, or ChangeMessageVisibility, may have moved the row since. */
static enum rc follow_move(struct call *c, const struct queue *q, const struct handle *h, struct due *d)
{
    int64_t visible_at;
    enum rc rc = moved_read(c->txn, q->id, h->seq, &visible_at);
    return rc == RC_OK ? due_read(c->txn, q->id, visible_at, h->seq, d) : rc;
}

enum rc handle_find(struct call *c, const struct queue *q, struct str text, enum handle_state *state,
                    struct due *d)
{
    struct handle h;
    *state = HANDLE_BAD;
    if (!parse(text, &h) || h.queue != (uint32_t)q->handle)
        return RC_OK;
    enum rc rc = due_read(c->txn, q->id, h.visible_at, h.seq, d);
    if (rc == RC_NONE || (rc == RC_OK && d->tag != h.tag))
        rc = follow_move(c, q, &h, d);
    if (rc != RC_OK && rc != RC_NONE)
        return rc;
    *state = rc == RC_OK && d->tag == h.tag ? HANDLE_LIVE : HANDLE_GONE;
    return RC_OK;
}

enum op_end fail_handle(struct call *c, struct str handle)
{
    return call_fail(c, &sqs_receipt_handle_is_invalid,
                     "The input receipt handle \"%.*s\" is not a valid receipt handle.", STR_ARG(handle));
}
