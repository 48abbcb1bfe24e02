/* ListStreams: all streams, also those of tables that are gone, as long as they are readable. */
#include "catalog.h"
#include "ops.h"
#include "stream.h"

struct list_streams_in {
    struct str table_name, start;
    int64_t limit;
};

static const struct shape_row in[] = {
    IN_STR(list_streams_in, table_name, "TableName", .min = 3, .max = 255, .pattern = TABLE_NAME_PATTERN,
           .match = table_name_spelled),
    IN_INT(list_streams_in, limit, "Limit", .min = 1, .max = 100),
    IN_STR(list_streams_in, start, "ExclusiveStartStreamArn", .min = 37, .max = 1024),
    SHAPE_END,
};

struct listing {
    struct call *call;
    const struct list_streams_in *in;
    cJSON *streams;
    int left;
    bool started;
    struct str last;
    bool more;
};

static bool seen(void *arg, struct stream *s)
{
    struct listing *l = arg;
    bool skip = !l->started || stream_gone(s, l->call->now) ||
                (l->in->table_name.p && !str_eq(s->table, l->in->table_name));
    l->started |= str_eq(s->arn, l->in->start);
    if (skip)
        return true;
    if (l->left-- == 0) {
        l->more = true;
        return false;
    }
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "StreamArn", s->arn.p);
    cJSON_AddStringToObject(o, "TableName", s->table.p);
    cJSON_AddStringToObject(o, "StreamLabel", s->label.p);
    cJSON_AddItemToArray(l->streams, o);
    l->last = s->arn;
    return true;
}

static enum op_end run(struct call *c, const void *input)
{
    const struct list_streams_in *req = input;
    if (req->start.p && !catalog_stream_arn_valid(req->start))
        return call_fail(c, &fault_validation, "Invalid StreamArn");
    struct listing l = {.call = c, .in = req, .started = !req->start.p};
    l.left = req->limit == SHAPE_NO_INT ? 100 : (int)req->limit;
    l.streams = cJSON_AddArrayToObject(call_out(c), "Streams");
    enum rc rc = catalog_each_stream(c, seen, &l);
    if (rc != RC_OK)
        return call_broke(c, rc);
    if (l.more)
        cJSON_AddStringToObject(call_out(c), "LastEvaluatedStreamArn", l.last.p);
    return OP_DONE;
}

const struct op_row ddb_list_streams = {"ListStreams", run, in, sizeof(struct list_streams_in), .flags = 0};
