/* Causes: shows the records of all streams to the search that `why` handed over.  Internal. */
#include "catalog.h"
#include "door/causes.h"
#include "ops.h"
#include "store.h"
#include "stream.h"

struct look {
    struct call *call;
    struct causes_search *search;
    const struct stream *stream;
    bool by_item; /* an item of this table is asked for */
    struct arena scratch;
};

/* {"eventID":"0123...", */
static struct str event_id(const struct record *r)
{
    return str_sub(r->text, sizeof("{\"eventID\":\"") - 1, 32);
}

/* "Orders/ada/7", from the record's keys. */
static struct str item_of(struct look *l, const struct record *r)
{
    static const struct str member = STR_INIT("\"Keys\":");
    ptrdiff_t at = str_search(r->text, member);
    if (!l->by_item || at < 0)
        return STR_NONE;
    struct str rest = str_sub(r->text, (size_t)at + member.n, r->text.n);
    struct json_reader reader = json_reader(rest, &l->scratch);
    const struct attr *keys = attr_map_from_text(&l->scratch, json_raw(&reader));
    if (!keys)
        return STR_NONE;
    struct buf b;
    buf_init(&b, ITEM_NAME_MAX);
    item_name(&b, l->stream->table, &l->stream->keys, keys);
    struct str name = b.full ? STR_NONE : arena_str(&l->scratch, buf_view(&b));
    buf_release(&b);
    return name;
}

/* RC_END: enough of this stream. */
static enum rc show(struct look *l, struct str value)
{
    struct record r;
    if (!record_read(value, &r))
        return RC_BAD;
    arena_clear(&l->scratch);
    bool more = causes_show(l->search, &(struct causes_row){.id = event_id(&r),
                                                            .also = item_of(l, &r),
                                                            .causes = r.causes,
                                                            .trace_id = r.trace_id,
                                                            .kind = "stream record",
                                                            .place = l->stream->table,
                                                            .at = r.created,
                                                            .size = value.n});
    return more ? RC_OK : RC_END;
}

static enum rc look_at_stream(struct look *l, const struct stream *s)
{
    struct key from, to;
    struct store_cursor *at;
    struct str key, value;
    l->stream = s;
    l->by_item = causes_wants(l->search, arena_printf(&l->call->arena, "%.*s/", STR_ARG(s->table)));
    records_key(&from, s);
    key_after(&to, key_view(&from));
    enum rc rc = store_seek(l->call->txn, &at, key_view(&from), key_view(&to), true);
    key_release(&from);
    key_release(&to);
    if (rc != RC_OK)
        return rc;
    while ((rc = store_next(at, &key, &value)) == RC_OK && (rc = show(l, value)) == RC_OK)
        ;
    store_cursor_close(at);
    return rc == RC_END ? RC_OK : rc;
}

static enum op_end run(struct call *c, const void *input)
{
    (void)input;
    struct look l = {.call = c, .search = causes_search_of(c)};
    struct str *arns;
    size_t n;
    enum rc rc = catalog_stream_arns(c, true, &arns, &n);
    arena_init(&l.scratch);
    for (size_t i = 0; rc == RC_OK && i < n; i++) {
        struct stream *s;
        causes_share(l.search, n);
        rc = catalog_stream(c, arns[i], &s);
        if (rc == RC_OK)
            rc = look_at_stream(&l, s);
    }
    arena_release(&l.scratch);
    return rc == RC_OK ? OP_DONE : call_broke(c, rc);
}

const struct op_row ddb_causes = {"Causes", run, .flags = OP_INTERNAL | OP_TYPED | OP_QUIET};
