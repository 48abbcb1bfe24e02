/* GetRecords: the records from an iterator on, at most 1,000 and 1 MB.  A stream that was switched off ends
 * without a next iterator. */
#include "answer.h"
#include "catalog.h"
#include "dynamodb.h"
#include "iterator.h"
#include "ops.h"
#include "store.h"
#include "stream.h"

#define RECORDS_MAX 1000
#define RECORDS_BYTES_MAX (1u << 20)

struct get_records_in {
    struct str iterator;
    int64_t limit;
};

static const struct shape_row in[] = {
    IN_STR(get_records_in, iterator, "ShardIterator", .flags = SHAPE_REQ, .min = 1, .max = 2048),
    IN_INT(get_records_in, limit, "Limit", .min = 1, .max = RECORDS_MAX),
    SHAPE_END,
};

/* Triggers also hear what caused a record, inside tidepool only. */
static void write_record(struct call *c, struct buf *b, const struct record *r)
{
    answer_comma(b);
    buf_str(b, r->text);
    if (c->from != CALL_TRIGGER)
        return;
    b->n--; /* its closing brace */
    answer_text_member(b, "_Causes", r->causes);
    answer_text_member(b, "_TraceId", r->trace_id);
    buf_char(b, '}');
}

/* *next: behind the last record that was written.  RC_NONE: a record that was to be read is too old. */
static enum rc write_records(struct call *c, struct buf *b, const struct stream *s, int64_t limit,
                             uint64_t *next)
{
    struct key from, to;
    struct store_cursor *at;
    struct str key, value;
    struct record r;
    size_t start = b->n;
    record_key(&from, s, *next);
    record_key(&to, s, UINT64_MAX);
    enum rc rc = store_seek(c->txn, &at, key_view(&from), key_view(&to), false);
    key_release(&from);
    key_release(&to);
    if (rc != RC_OK)
        return rc;
    while (limit-- > 0 && b->n - start < RECORDS_BYTES_MAX && (rc = store_next(at, &key, &value)) == RC_OK) {
        bool readable = record_read(value, &r);
        if (!readable || r.created + STREAM_KEEP_MS <= c->now) {
            rc = readable ? RC_NONE : RC_BAD;
            break;
        }
        write_record(c, b, &r);
        *next = record_number(key) + 1;
    }
    store_cursor_close(at);
    return rc == RC_END ? RC_OK : rc;
}

static enum op_end answer(struct call *c, const struct get_records_in *req, const struct stream *s,
                          uint64_t next)
{
    struct buf *b = answer_begin(c);
    answer_member(b, "Records");
    buf_char(b, '[');
    enum rc rc = write_records(c, b, s, req->limit == SHAPE_NO_INT ? RECORDS_MAX : req->limit, &next);
    if (rc == RC_NONE)
        return call_fail(c, &ddb_trimmed, NULL);
    if (rc != RC_OK)
        return call_broke(c, rc);
    buf_char(b, ']');
    if (!s->disabled || next < s->next)
        answer_text_member(b, "NextShardIterator", iterator_text(&c->arena, s, next, c->now));
    return answer_end(c);
}

static enum op_end run(struct call *c, const void *input)
{
    const struct get_records_in *req = input;
    struct iterator it;
    if (!iterator_read(&c->arena, req->iterator, &it))
        return call_fail(c, &fault_validation, "Invalid ShardIterator");
    if (it.issued + ITERATOR_KEEP_MS < c->now)
        return call_fail(c, &ddb_iterator_aged, NULL);
    enum op_end end;
    struct stream *s = stream_of(c, it.arn, &end);
    if (!s)
        return end;
    if (it.next < s->floor)
        return call_fail(c, &ddb_trimmed, NULL);
    return answer(c, req, s, it.next);
}

const struct op_row ddb_get_records = {"GetRecords", run, in, sizeof(struct get_records_in),
                                       .flags = OP_QUIET};
