/* GetShardIterator: where to begin to read. */
#include "catalog.h"
#include "dynamodb.h"
#include "iterator.h"
#include "ops.h"
#include "stream.h"

struct get_shard_iterator_in {
    struct str arn, shard, type, sequence;
};

static const char *const types[] = {"TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER",
                                    NULL};

static const struct shape_row in[] = {
    IN_STR(get_shard_iterator_in, arn, "StreamArn", .flags = SHAPE_REQ, .min = 37, .max = 1024),
    IN_STR(get_shard_iterator_in, shard, "ShardId", .flags = SHAPE_REQ, .min = 28, .max = 65),
    IN_STR(get_shard_iterator_in, type, "ShardIteratorType", .flags = SHAPE_REQ, .one_of = types),
    IN_STR(get_shard_iterator_in, sequence, "SequenceNumber", .min = 21, .max = 40),
    SHAPE_END,
};

/* The first record to be read; false: the call has its fault in *end. */
static bool position(struct call *c, const struct get_shard_iterator_in *req, const struct stream *s,
                     uint64_t *next, enum op_end *end)
{
    bool numbered = str_is(req->type, "AT_SEQUENCE_NUMBER") || str_is(req->type, "AFTER_SEQUENCE_NUMBER");
    if (!numbered && req->sequence.p) {
        *end = call_fail(c, &fault_validation,
                         "One or more parameter values were invalid: SequenceNumber should not be passed for "
                         "this iterator type");
        return false;
    }
    *next = str_is(req->type, "LATEST") ? s->next : s->floor;
    if (!numbered)
        return true;
    if (!req->sequence.p) {
        *end = call_fail(c, &fault_validation,
                         "One or more parameter values were invalid: Invalid SequenceNumber");
        return false;
    }
    if (!sequence_read(req->sequence, next) || *next == 0 || *next > s->next) {
        *end = call_fail(c, &fault_validation, "Invalid SequenceNumber: %.*s", STR_ARG(req->sequence));
        return false;
    }
    if (*next < s->floor) {
        *end = call_fail(c, &ddb_trimmed, NULL);
        return false;
    }
    *next += str_is(req->type, "AFTER_SEQUENCE_NUMBER");
    return true;
}

static enum op_end run(struct call *c, const void *input)
{
    const struct get_shard_iterator_in *req = input;
    uint64_t next;
    enum op_end end;
    struct stream *s = stream_of(c, req->arn, &end);
    if (!s)
        return end;
    if (!str_eq(req->shard, shard_id(&c->arena, s)))
        return call_fail(c, &ddb_not_found, "Requested resource not found: Shard does not exist");
    if (!position(c, req, s, &next, &end))
        return end;
    cJSON_AddStringToObject(call_out(c), "ShardIterator", iterator_text(&c->arena, s, next, c->now).p);
    return OP_DONE;
}

const struct op_row ddb_get_shard_iterator = {"GetShardIterator", run, in,
                                              sizeof(struct get_shard_iterator_in), .flags = 0};
