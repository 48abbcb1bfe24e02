/* DescribeStream: a stream and its one shard. */
#include "catalog.h"
#include "dynamodb.h"
#include "ops.h"
#include "stream.h"

struct describe_stream_in {
    struct str arn, start;
    int64_t limit;
    const cJSON *filter;
};

static const struct shape_row in[] = {
    IN_STR(describe_stream_in, arn, "StreamArn", .flags = SHAPE_REQ, .min = 37, .max = 1024),
    IN_INT(describe_stream_in, limit, "Limit", .min = 1, .max = 100),
    IN_STR(describe_stream_in, start, "ExclusiveStartShardId", .min = 28, .max = 65),
    IN_TREE(describe_stream_in, filter, "ShardFilter"),
    SHAPE_END,
};

static void add_shard(struct call *c, cJSON *shards, const struct stream *s)
{
    cJSON *shard = cJSON_CreateObject();
    cJSON_AddStringToObject(shard, "ShardId", shard_id(&c->arena, s).p);
    cJSON *range = cJSON_AddObjectToObject(shard, "SequenceNumberRange");
    cJSON_AddStringToObject(range, "StartingSequenceNumber", sequence_text(&c->arena, 1).p);
    if (s->disabled)
        cJSON_AddStringToObject(range, "EndingSequenceNumber", sequence_text(&c->arena, s->next).p);
    cJSON_AddItemToArray(shards, shard);
}

static void add_keys(cJSON *to, const struct key_schema *keys)
{
    cJSON *list = cJSON_AddArrayToObject(to, "KeySchema");
    for (int i = 0; i < keys->n; i++) {
        cJSON *k = cJSON_CreateObject();
        cJSON_AddStringToObject(k, "AttributeName", keys->part[i].name.p);
        cJSON_AddStringToObject(k, "KeyType", i ? "RANGE" : "HASH");
        cJSON_AddItemToArray(list, k);
    }
}

static enum op_end run(struct call *c, const void *input)
{
    const struct describe_stream_in *req = input;
    enum op_end end;
    struct stream *s = stream_of(c, req->arn, &end);
    if (!s)
        return end;
    cJSON *d = cJSON_AddObjectToObject(call_out(c), "StreamDescription");
    cJSON_AddStringToObject(d, "StreamArn", s->arn.p);
    cJSON_AddStringToObject(d, "StreamLabel", s->label.p);
    cJSON_AddStringToObject(d, "StreamStatus", s->disabled ? "DISABLED" : "ENABLED");
    cJSON_AddStringToObject(d, "StreamViewType", stream_view_name(s->view));
    cJSON_AddNumberToObject(d, "CreationRequestDateTime", (double)s->created / 1000);
    cJSON_AddStringToObject(d, "TableName", s->table.p);
    add_keys(d, &s->keys);
    cJSON *shards = cJSON_AddArrayToObject(d, "Shards");
    bool after = req->start.p || cJSON_GetObjectItemCaseSensitive(req->filter, "ShardId");
    if (!after) /* the one shard has no children */
        add_shard(c, shards, s);
    return OP_DONE;
}

const struct op_row ddb_describe_stream = {"DescribeStream", run, in, sizeof(struct describe_stream_in),
                                           .flags = 0};
