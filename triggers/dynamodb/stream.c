#include "stream.h"
#include "door/trace.h"

#include "catalog.h"
#include "dynamodb.h"
#include "store.h"
#include <inttypes.h>
#include <stdio.h>

enum { TRIM_STEP = 200 }; /* rows that one call removes at most: no call should wait long for it */

/* --- numbers and names */

struct str sequence_text(struct arena *a, uint64_t number)
{
    return arena_printf(a, "1%020" PRIu64, number);
}

bool sequence_read(struct str text, uint64_t *out)
{
    *out = 0;
    if (text.n != 21 || text.p[0] != '1')
        return false;
    for (size_t i = 1; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        *out = *out * 10 + (uint64_t)(text.p[i] - '0');
    }
    return true;
}

struct str shard_id(struct arena *a, const struct stream *s)
{
    return arena_printf(a, "shardId-%020lld-%08x", (long long)s->created, (unsigned)(s->id * 2654435761u));
}

/* --- writing */

/* What of the images the view carries. */
static bool carries(const struct stream *s, enum stream_view image)
{
    return s->view == VIEW_BOTH || s->view == image;
}

static void add_image(struct buf *b, const char *name, struct str text, size_t size, size_t *bytes)
{
    if (!text.p)
        return;
    buf_printf(b, ",\"%s\":", name);
    buf_str(b, text);
    *bytes += size;
}

static void write_record(struct call *c, const struct stream *s, const struct change *g, uint64_t number,
                         struct buf *b)
{
    char event_id[33];
    size_t bytes = g->keys_size;
    ident_hex(&c->world->ident, event_id, 32);
    trace_also(c, str_n(event_id, 32)); /* why knows a record by its id */
    buf_printf(b, "%lld %s\n", (long long)c->now, c->trace_id);
    buf_str(b, call_causes(c, &c->arena));
    buf_printf(b,
               "\n{\"eventID\":\"%s\",\"eventName\":\"%s\",\"eventVersion\":\"1.1\",\"eventSource\":\"aws:"
               "dynamodb\","
               "\"awsRegion\":\"%.*s\",\"dynamodb\":{\"ApproximateCreationDateTime\":%lld,\"Keys\":",
               event_id,
               !g->old_text.p  ? "INSERT"
               : g->new_text.p ? "MODIFY"
                               : "REMOVE",
               STR_ARG(s->region), (long long)(c->now / 1000));
    buf_str(b, g->keys);
    if (carries(s, VIEW_NEW_IMAGE))
        add_image(b, "NewImage", g->new_text, g->new_size, &bytes);
    if (carries(s, VIEW_OLD_IMAGE))
        add_image(b, "OldImage", g->old_text, g->old_size, &bytes);
    buf_printf(b, ",\"SequenceNumber\":\"1%020" PRIu64 "\",\"SizeBytes\":%zu,\"StreamViewType\":\"%s\"}}",
               number, bytes, stream_view_name(s->view));
}

enum rc stream_write(struct call *c, struct stream *s, const struct change *change)
{
    struct buf b;
    struct key k;
    enum rc rc = stream_trim(c, s);
    if (rc != RC_OK)
        return rc;
    buf_init(&b, 2 * ITEM_TEXT_MAX + (1u << 20)); /* two images, keys, causes */
    write_record(c, s, change, s->next, &b);
    record_key(&k, s, s->next);
    rc = b.full ? RC_FULL : store_add(c->txn, key_view(&k), buf_view(&b));
    key_release(&k);
    buf_release(&b);
    if (rc != RC_OK)
        return rc;
    s->next++;
    call_note(c, s->arn);
    return RC_OK;
}

/* --- age */

bool record_read(struct str value, struct record *out)
{
    struct str rest = value, head = str_cut(&rest, '\n'), created = str_cut(&head, ' ');
    out->trace_id = head;
    out->causes = str_cut(&rest, '\n');
    out->text = rest;
    return rest.p && str_to_i64(created, &out->created);
}

/* Deletes rows from the front that are older than a day; *more: there may be others. */
static enum rc trim_front(struct call *c, struct stream *s, struct store_cursor *at, bool *more)
{
    struct str key, value;
    struct record r;
    int left = TRIM_STEP;
    enum rc rc;
    while ((rc = store_next(at, &key, &value)) == RC_OK) {
        if (!record_read(value, &r))
            return RC_BAD;
        if (r.created + STREAM_KEEP_MS > c->now) {
            s->oldest = r.created;
            return RC_OK;
        }
        if (left-- == 0) {
            *more = true;
            return RC_OK;
        }
        s->floor = record_number(key) + 1;
        rc = store_del(c->txn, arena_str(&c->arena, key));
        if (rc != RC_OK)
            return rc;
    }
    if (rc == RC_END)
        s->oldest = c->now;
    return rc == RC_END ? RC_OK : rc;
}

enum rc stream_trim(struct call *c, struct stream *s)
{
    struct key from, to;
    struct store_cursor *at;
    bool more = false;
    uint64_t floor = s->floor;
    if (s->oldest + STREAM_KEEP_MS > c->now)
        return RC_OK;
    records_key(&from, s);
    key_after(&to, key_view(&from));
    enum rc rc = store_seek(c->txn, &at, key_view(&from), key_view(&to), false);
    if (rc == RC_OK) {
        rc = trim_front(c, s, at, &more);
        store_cursor_close(at);
    }
    key_release(&from);
    key_release(&to);
    return rc == RC_OK && s->floor != floor ? catalog_stream_save(c, s) : rc;
}

bool stream_gone(const struct stream *s, int64_t now)
{
    return s->disabled && s->disabled + STREAM_KEEP_MS <= now;
}

static enum rc find(struct call *c, struct str arn, struct stream **out)
{
    enum rc rc = catalog_stream(c, arn, out);
    if (rc != RC_OK)
        return rc;
    if (!stream_gone(*out, c->now))
        return stream_trim(c, *out);
    rc = catalog_stream_remove(c, *out);
    return rc == RC_OK ? RC_NONE : rc;
}

struct stream *stream_of(struct call *c, struct str arn, enum op_end *end)
{
    struct stream *s = NULL;
    enum rc rc = find(c, arn, &s);
    if (rc == RC_OK)
        return s;
    if (rc != RC_NONE)
        *end = call_broke(c, rc);
    else if (!catalog_stream_arn_valid(arn))
        *end = call_fail(c, &fault_validation, "Invalid StreamArn");
    else
        *end = call_fail(c, &ddb_not_found, "Requested resource not found: Stream: %.*s not found",
                         STR_ARG(arn));
    return NULL;
}
