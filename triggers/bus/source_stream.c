/* The stream's side of a poller: DescribeStream, GetShardIterator, GetRecords, Invoke, checkpoint.
 *
 * The first lane has no shard: it finds the shards and makes a lane for each whose parent is read to its end.
 * A failing batch blocks its shard until it passes, its retries are used up, or it is too old. "Using AWS
 * Lambda with Amazon DynamoDB". */
#include "door/door.h"
#include "door/trace.h"
#include "record.h"
#include <stdlib.h>

#define RETENTION_MS (24 * 3600 * 1000LL)
#define BACKOFF_FIRST_MS 100
#define BACKOFF_MOST_MS 60000
#define THROTTLED_MS 1000

static void add_arn(cJSON *in, const struct lane *l, const char *name)
{
    const cJSON *arn = cJSON_GetObjectItemCaseSensitive(l->poller->mapping->config, "EventSourceArn");
    cJSON_AddItemToObject(in, name, json_copy(arn));
}

/* --- where a shard is read from */

/* Looks the checkpoint up once; without one, a LATEST mapping first passes over what is there. */
static void place(struct lane *l)
{
    struct arena a;
    arena_init(&a);
    struct str sequence = STR("");
    enum rc rc = checkpoint_get(l->poller->world->store, &a, str_z(l->poller->mapping->uuid), str_z(l->shard),
                                &sequence);
    l->skipping = rc == RC_NONE && !l->poller->mapping->from_start;
    if (sequence.n)
        l->last_read = xstrdup(arena_z(&a, sequence));
    l->placed = true;
    arena_release(&a);
}

static void commit_checkpoint(struct lane *l, const char *sequence)
{
    struct call *c = lane_call(l, "lambda", "CommitCheckpoint");
    c->in = cJSON_CreateObject();
    cJSON_AddStringToObject(c->in, "UUID", l->poller->mapping->uuid);
    cJSON_AddStringToObject(c->in, "ShardId", l->shard);
    cJSON_AddStringToObject(c->in, "SequenceNumber", sequence);
    door_send(c);
}

/* --- reading: one of three calls, by what the lane has yet to learn */

static struct call *find_shards(struct lane *l)
{
    struct call *c = lane_call(l, "dynamodbstreams", "DescribeStream");
    c->in = cJSON_CreateObject();
    add_arn(c->in, l, "StreamArn");
    return c;
}

static struct call *find_iterator(struct lane *l)
{
    if (!l->placed)
        place(l);
    bool on = l->last_read && !l->trimmed;
    struct call *c = lane_call(l, "dynamodbstreams", "GetShardIterator");
    c->in = cJSON_CreateObject();
    add_arn(c->in, l, "StreamArn");
    cJSON_AddStringToObject(c->in, "ShardId", l->shard);
    cJSON_AddStringToObject(c->in, "ShardIteratorType", on ? "AFTER_SEQUENCE_NUMBER" : "TRIM_HORIZON");
    if (on)
        cJSON_AddStringToObject(c->in, "SequenceNumber", l->last_read);
    return c;
}

static struct call *get_records(struct lane *l)
{
    int64_t want = l->poller->mapping->batch_size - (int64_t)l->count;
    struct call *c = lane_call(l, "dynamodbstreams", "GetRecords");
    c->in = cJSON_CreateObject();
    cJSON_AddStringToObject(c->in, "ShardIterator", l->iterator);
    cJSON_AddNumberToObject(c->in, "Limit", (double)(want > 1000 ? 1000 : want < 1 ? 1 : want));
    return c;
}

static struct call *read_more(struct lane *l)
{
    return !l->shard ? find_shards(l) : !l->iterator ? find_iterator(l) : get_records(l);
}

/* --- taking what came */

static struct lane *lane_of(struct poller *p, const char *shard)
{
    struct list *at;
    list_each (at, &p->lanes) {
        struct lane *l = list_of(at, struct lane, link);
        if (l->shard && strcmp(l->shard, shard) == 0)
            return l;
    }
    return NULL;
}

static bool listed(const cJSON *shards, const char *id)
{
    const cJSON *s;
    cJSON_ArrayForEach (s, shards) {
        const char *z = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(s, "ShardId"));
        if (z && strcmp(z, id) == 0)
            return true;
    }
    return false;
}

/* Parents are drained before their children; a parent that is no longer listed has been trimmed. */
static bool may_begin(struct poller *p, const cJSON *shards, const char *parent)
{
    const struct lane *l = *parent ? lane_of(p, parent) : NULL;
    return !*parent || !listed(shards, parent) || (l && l->state == LANE_ENDED);
}

static void take_shards(struct lane *finder, const cJSON *answer)
{
    struct poller *p = finder->poller;
    const cJSON *description = cJSON_GetObjectItemCaseSensitive(answer, "StreamDescription");
    const cJSON *shards = cJSON_GetObjectItemCaseSensitive(description, "Shards"), *s;
    cJSON_ArrayForEach (s, shards) {
        char *id = text_dup(s, "ShardId"), *parent = text_dup(s, "ParentShardId");
        if (!lane_of(p, id) && may_begin(p, shards, parent)) {
            struct lane *l = lane_new(p);
            l->shard = id, l->parent = parent;
            lane_read(l);
        } else {
            free(id);
            free(parent);
        }
    }
}

static void take_record(struct lane *l, cJSON *from)
{
    const struct mapping *m = l->poller->mapping;
    struct record r = {0};
    record_take_causes(&r, from);
    cJSON *event = json_copy(from);
    cJSON_AddItemToObject(event, "eventSourceARN",
                          json_copy(cJSON_GetObjectItemCaseSensitive(m->config, "EventSourceArn")));
    const cJSON *body = cJSON_GetObjectItemCaseSensitive(event, "dynamodb");
    r.handle = text_dup(body, "SequenceNumber");
    r.id = xstrdup(r.handle);
    r.written_ms = (int64_t)(cJSON_GetNumberValue(
                                 cJSON_GetObjectItemCaseSensitive(body, "ApproximateCreationDateTime")) *
                             1000);
    r.event = event;
    r.size = event_size(event);
    free(l->last_read);
    l->last_read = xstrdup(r.handle);
    if (!l->skipping && mapping_wants(m, event, NULL)) {
        *lane_add(l) = r;
        return;
    }
    cJSON_Delete(event);
    free(r.handle);
    free(r.id);
    free(r.causes);
}

static void shard_ended(struct lane *l)
{
    struct poller *p = l->poller;
    l->state = LANE_ENDED;
    struct lane *finder = list_of(p->lanes.next, struct lane, link);
    finder->noted = true;
    if (finder->state == LANE_IDLE)
        lane_read(finder);
}

static size_t take_records(struct lane *l, cJSON *answer)
{
    cJSON *records = cJSON_GetObjectItemCaseSensitive(answer, "Records"), *r;
    size_t came = 0;
    cJSON_ArrayForEach (r, records) {
        take_record(l, r);
        came++;
    }
    free(l->iterator);
    const char *next = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "NextShardIterator"));
    l->iterator = next ? xstrdup(next) : NULL;
    l->trimmed = false;
    if (l->skipping && came == 0) { /* all that was there before the mapping is passed */
        l->skipping = false;
        commit_checkpoint(l, l->last_read ? l->last_read : "");
    }
    if (came > 0 && l->count == 0 && !l->skipping)
        commit_checkpoint(l, l->last_read); /* what the filter refused counts as processed */
    if (!next && l->count == 0)
        shard_ended(l);
    return came;
}

static size_t take(struct lane *l, struct call *c)
{
    if (!l->shard) {
        take_shards(l, c->out);
        return 0;
    }
    if (l->iterator)
        return take_records(l, c->out);
    l->iterator = text_dup(c->out, "ShardIterator");
    l->noted = true; /* now the records */
    return 0;
}

/* A place that is no longer there is looked up anew: an iterator lives 15 minutes, a record 24 hours. */
static bool refused(struct lane *l, const struct fault *f)
{
    bool expired = strcmp(f->code, "ExpiredIteratorException") == 0;
    l->trimmed = strcmp(f->code, "TrimmedDataAccessException") == 0;
    free(l->iterator);
    l->iterator = NULL;
    return expired || l->trimmed;
}

/* --- after the invocation */

static size_t first_failed(const struct lane *l)
{
    size_t i = 0;
    while (i < l->take && !l->records[i].failed)
        i++;
    return i;
}

/* The first n records are processed, or given up: the checkpoint moves behind them. */
static void pass(struct lane *l, size_t n)
{
    if (n == 0)
        return;
    commit_checkpoint(l, l->count == n && l->last_read ? l->last_read : l->records[n - 1].handle);
    lane_drop(l, n);
    l->take = l->take > n ? l->take - n : 0;
    l->attempts = 0;
    l->limit = 0;
}

/* From this time on the record is no longer sent. */
static int64_t end_of(const struct lane *l, const struct record *r)
{
    const struct mapping *m = l->poller->mapping;
    int64_t most = m->max_age_ms < 0 || m->max_age_ms > RETENTION_MS ? RETENTION_MS : m->max_age_ms;
    return r->written_ms + most + 1;
}

static void give_up(struct lane *l, size_t n, const char *why)
{
    struct poller *p = l->poller;
    char detail[256];
    snprintf(detail, sizeof(detail), "%zu record%s from %s given up: %s", n, n == 1 ? "" : "s",
             l->records[0].handle, why);
    trace_add(p->world, &(struct trace_event){
                            .kind = TRACE_ERROR,
                            .at_us = clock_now_us(&p->world->clock),
                            .id = str_z(p->mapping->uuid),
                            .causes = str_z(l->records[0].causes),
                            .what = p->mapping->function_arn,
                            .detail = str_z(detail),
                        });
    pass(l, n);
}

static void weed(struct lane *l)
{
    int64_t now = clock_now(&l->poller->world->clock);
    size_t n = 0;
    while (n < l->count && now >= end_of(l, &l->records[n]))
        n++;
    if (n > 0)
        give_up(l, n, "too old");
}

/* Later each time, but no later than the record at the front may wait. */
static void try_again(struct lane *l)
{
    int64_t wait = BACKOFF_FIRST_MS;
    for (int i = 1; i < l->attempts && wait < BACKOFF_MOST_MS; i++)
        wait *= 2;
    int64_t left = end_of(l, &l->records[0]) - clock_now(&l->poller->world->clock);
    wait = wait < BACKOFF_MOST_MS ? wait : BACKOFF_MOST_MS;
    lane_backoff(l, wait < left ? wait : left > 0 ? left : 0);
}

/* The record at the front has failed once more. */
static void failed_again(struct lane *l)
{
    const struct mapping *m = l->poller->mapping;
    l->attempts++;
    if (m->max_retries >= 0 && l->attempts > m->max_retries)
        give_up(l, l->take, "retries are used up");
    if (l->take > 0)
        try_again(l);
    else
        lane_go_on(l);
}

static void settle(struct lane *l, bool ok)
{
    size_t good = ok ? first_failed(l) : 0;
    for (size_t i = 0; i < l->take; i++)
        l->records[i].failed = false;
    if (ok && good == l->take) {
        pass(l, good);
        lane_go_on(l);
    } else if (!ok && l->poller->mapping->bisect && l->take > 1) {
        l->limit = l->take / 2; /* splitting uses up no retry */
        lane_backoff(l, 0);
    } else {
        pass(l, good);
        failed_again(l);
    }
}

/* The shard waits with its records: their order is kept. */
static void put_off(struct lane *l)
{
    lane_backoff(l, THROTTLED_MS);
}

static void start(struct poller *p)
{
    lane_read(lane_new(p));
}

static void noted(struct poller *p)
{
    struct list *at, *tmp;
    list_each_safe (at, tmp, &p->lanes) {
        struct lane *l = list_of(at, struct lane, link);
        if (!l->shard || l->state == LANE_ENDED)
            continue;
        l->noted = true;
        if (l->state == LANE_BATCH)
            timer_stop(p->world->timers, &l->timer);
        if (l->state == LANE_IDLE || l->state == LANE_BATCH)
            lane_read(l);
    }
}

const struct source source_stream = {
    .start = start,
    .noted = noted,
    .read = read_more,
    .take = take,
    .refused = refused,
    .weed = weed,
    .settle = settle,
    .put_off = put_off,
};
