#include "bus_inside.h"

/* CommitCheckpoint: a mapping has processed its shard up to here.  From pollers only. */
struct commit_in {
    struct str uuid, shard, sequence;
};

static const struct shape_row in[] = {
    IN_STR(commit_in, uuid, "UUID", .flags = SHAPE_REQ),
    IN_STR(commit_in, shard, "ShardId", .flags = SHAPE_REQ),
    IN_STR(commit_in, sequence, "SequenceNumber", .flags = SHAPE_REQ),
    SHAPE_END,
};

static enum op_end run(struct call *c, const void *input)
{
    const struct commit_in *req = input;
    if (!map_get(&bus_of(c)->mappings, req->uuid))
        return OP_DONE; /* deleted meanwhile */
    if (checkpoint_put(c->txn, req->uuid, req->shard, req->sequence) != RC_OK)
        return call_broke(c, RC_IO);
    return OP_DONE;
}

const struct op_row bus_commit_checkpoint = {
    "CommitCheckpoint", run, in, sizeof(struct commit_in), .flags = OP_INTERNAL | OP_QUIET,
};
