/* The bus through the door: pollers on a real queue and on a made-up stream, a function that does what the
 * test wants, and a clock that stands still until the test moves it.
 *
 * What the function saw is written as text, "1 2|3": bodies or sequence numbers, a bar between invocations,
 * and an exclamation mark after one that failed. */
#include "bus/bus.h"
#include "bus/mapping.h"
#include "control/control.h"
#include "door/invoke.h"
#include "door/outbox.h"
#include "room.h"
#include "sqs/sqs.h"
#include "store/key.h"
#include <unistd.h>

#define QUEUE "arn:aws:sqs:us-east-1:000000000000:jobs"
#define DEAD "arn:aws:sqs:us-east-1:000000000000:dead"
#define STREAM "arn:aws:dynamodb:us-east-1:000000000000:table/T/stream/2026"
#define URL(queue) "http://localhost:4566/000000000000/" queue

/* --- a stream: two shards at most, the second a child of the first */

struct shard {
    int64_t
        written[100]; /* when record i was written, ms; its sequence number is i + 1 (the child's 101 + i) */
    int count;
    bool closed;
};

/* --- a function */

struct outside {
    struct shard shards[2];
    int shard_count;
    bool stream_gone;

    char saw[4096];
    const char *poison; /* an invocation that holds this record fails */
    const char *reply;  /* the function's answer; NULL: null */
    bool throttled;     /* no invocation begins */
    bool holding;       /* invocations begin and do not end */
    struct call *held[10];
    int held_count;
};

static struct outside out; /* the world outside the bus, made anew for each test */

static void put_records(struct room *r, int shard, int n)
{
    struct shard *s = &out.shards[shard];
    if (out.shard_count <= shard)
        out.shard_count = shard + 1;
    for (int i = 0; i < n; i++)
        s->written[s->count++] = clock_now(&r->world->clock);
    note_spread(r->world, STR(STREAM));
    turn_run(r->world->turn);
}

/* --- dynamodbstreams, as the poller uses it */

static const struct fault expired = {.code = "ExpiredIteratorException", .http = 400};
static const struct fault stream_not_found = {.code = "ResourceNotFoundException", .http = 400};

static const char *text_in(const struct call *c, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItem(c->in, name));
}

static enum op_end describe_stream(struct call *c, const void *in)
{
    (void)in;
    if (out.stream_gone || strcmp(text_in(c, "StreamArn"), STREAM) != 0)
        return call_fail(c, &stream_not_found, "no such stream");
    cJSON *shards =
        cJSON_AddArrayToObject(cJSON_AddObjectToObject(call_out(c), "StreamDescription"), "Shards");
    for (int i = 0; i < out.shard_count; i++) {
        cJSON *s = cJSON_CreateObject();
        cJSON_AddStringToObject(s, "ShardId", i ? "shard-1" : "shard-0");
        if (i)
            cJSON_AddStringToObject(s, "ParentShardId", "shard-0");
        cJSON_AddItemToArray(shards, s);
    }
    return OP_DONE;
}

/* An iterator says shard, place, and when it was given: "1:7:1767268800000". */
static void give_iterator(struct call *c, const char *name, int shard, int at)
{
    struct str iterator = arena_printf(&c->arena, "%d:%d:%lld", shard, at, (long long)c->now);
    cJSON_AddStringToObject(call_out(c), name, iterator.p);
}

static enum op_end get_iterator(struct call *c, const void *in)
{
    (void)in;
    int shard = strcmp(text_in(c, "ShardId"), "shard-1") == 0;
    const char *after = text_in(c, "SequenceNumber");
    int at = strcmp(text_in(c, "ShardIteratorType"), "TRIM_HORIZON") == 0 ? 0 : atoi(after) % 100;
    give_iterator(c, "ShardIterator", shard, at);
    return OP_DONE;
}

static cJSON *record(struct call *c, int shard, int i)
{
    cJSON *record = cJSON_CreateObject(), *body = cJSON_AddObjectToObject(record, "dynamodb");
    cJSON_AddStringToObject(record, "eventName", i % 2 ? "MODIFY" : "INSERT");
    cJSON_AddStringToObject(body, "SequenceNumber", arena_printf(&c->arena, "%d", shard * 100 + i + 1).p);
    cJSON_AddNumberToObject(body, "ApproximateCreationDateTime", (double)out.shards[shard].written[i] / 1000);
    cJSON_AddStringToObject(record, "_Causes", arena_printf(&c->arena, "write-%d", i + 1).p);
    return record;
}

static enum op_end get_records(struct call *c, const void *in)
{
    (void)in;
    const char *iterator = text_in(c, "ShardIterator");
    int shard = iterator[0] - '0', at = atoi(iterator + 2);
    if (c->now - atoll(strrchr(iterator, ':') + 1) > 15 * 60000)
        return call_fail(c, &expired, "too old");
    int limit = (int)cJSON_GetNumberValue(cJSON_GetObjectItem(c->in, "Limit"));
    const struct shard *s = &out.shards[shard];
    cJSON *records = cJSON_AddArrayToObject(call_out(c), "Records");
    for (; at < s->count && limit > 0; at++, limit--)
        cJSON_AddItemToArray(records, record(c, shard, at));
    if (!s->closed || at < s->count)
        give_iterator(c, "NextShardIterator", shard, at);
    return OP_DONE;
}

static const struct op_row describe_row = {.name = "DescribeStream", .run = describe_stream};
static const struct op_row iterator_row = {.name = "GetShardIterator", .run = get_iterator};
static const struct op_row records_row = {.name = "GetRecords", .run = get_records};
static const struct op_row *const stream_ops[] = {&describe_row, &iterator_row, &records_row, NULL};
static const struct service streams = {.name = "dynamodbstreams", .ops = stream_ops};

/* --- lambda, as the bus uses it */

static const struct fault too_many = {.code = "TooManyRequestsException", .http = 429};
static const struct fault no_function = {.code = "ResourceNotFoundException", .http = 404};

static void add_saw(const char *z)
{
    size_t n = strlen(out.saw);
    snprintf(out.saw + n, sizeof(out.saw) - n, "%s", z);
}

static void see(const struct invoke_in *in)
{
    bool fails = false;
    cJSON *event = cJSON_ParseWithLength(in->payload.p, in->payload.n);
    assert_non_null(event);
    if (out.saw[0])
        add_saw("|");
    for (int i = 0; i < count_at(event, "Records"); i++) {
        const cJSON *e = cJSON_GetArrayItem(cJSON_GetObjectItem(event, "Records"), i);
        const char *body = cJSON_GetStringValue(at(e, "body"));
        const char *name = body ? body : text_at(e, "dynamodb.SequenceNumber");
        fails = fails || (out.poison && strcmp(name, out.poison) == 0);
        if (i)
            add_saw(" ");
        add_saw(name);
    }
    if (fails)
        add_saw("!");
    ((struct invoke_in *)in)->function_error = fails ? STR("Unhandled") : STR_NONE;
    cJSON_Delete(event);
}

static enum op_end invoke(struct call *c, const void *input)
{
    (void)input;
    struct invoke_in *in = c->typed;
    if (out.throttled)
        return call_fail(c, &too_many, "Rate Exceeded.");
    see(in);
    buf_z(&c->payload_out, out.reply ? out.reply : "null");
    c->payload_set = true;
    if (!out.holding)
        return OP_DONE;
    out.held[out.held_count++] = c;
    return OP_FORWARD;
}

static enum op_end configuration(struct call *c, const void *input)
{
    (void)input;
    const char *name = text_in(c, "FunctionName");
    if (!strstr(name, "work"))
        return call_fail(c, &no_function, "Function not found: %s", name);
    cJSON_AddStringToObject(call_out(c), "FunctionArn",
                            "arn:aws:lambda:us-east-1:000000000000:function:work");
    cJSON_AddNumberToObject(c->out, "Timeout", 3);
    return OP_DONE;
}

static const struct op_row invoke_row = {.name = "Invoke", .run = invoke, .flags = OP_TYPED | OP_DELIVERS};
static const struct op_row configuration_row = {.name = "GetFunctionConfiguration", .run = configuration};
static const struct op_row *const function_ops[] = {&invoke_row, &configuration_row, NULL};
static const struct service functions = {.name = "lambda", .ops = function_ops};

/* --- a sender with a promise, for the outbox */

static enum op_end promise(struct call *c, const void *input)
{
    (void)input;
    struct outbox_row row = {
        .service = STR("target"),
        .operation = STR("Take"),
        .in = cJSON_GetObjectItem(c->in, "Input"),
        .source = STR("arn:aws:sns:us-east-1:000000000000:news:1"),
        .policy = str_z(text_in(c, "Policy")),
        .dead_letter_arn = STR(DEAD),
    };
    return outbox_put(c, &row) == RC_OK ? OP_DONE : call_broke(c, RC_IO);
}

static const struct fault busy = {.code = "ServiceUnavailable", .http = 503};
static const struct fault refusing = {.code = "AccessDenied", .http = 403};

static enum op_end take(struct call *c, const void *input)
{
    (void)input;
    add_saw(out.saw[0] ? "|" : "");
    add_saw(text_in(c, "MessageBody"));
    if (out.throttled)
        return call_fail(c, &busy, "not now");
    return out.poison ? call_fail(c, &refusing, "never") : OP_DONE;
}

static const struct op_row promise_row = {.name = "Promise", .run = promise};
static const struct op_row take_row = {.name = "Take", .run = take, .flags = OP_DELIVERS};
static const struct op_row *const target_ops[] = {&promise_row, &take_row, NULL};
static const struct service target = {.name = "target", .ops = target_ops};

/* --- the world of a test */

static const struct service *const services[] = {
    &sqs_service,         &streams,          &functions,       &target,
    &bus_mapping_service, &bus_push_service, &control_service, NULL};

static int setup(void **state)
{
    out = (struct outside){.shard_count = 1};
    struct room *r = room_new(services);
    ask(r, "sqs", "CreateQueue", "{'QueueName':'dead'}");
    ask(r, "sqs", "CreateQueue",
        "{'QueueName':'jobs','Attributes':{'RedrivePolicy':'{\\'deadLetterTargetArn\\':\\'" DEAD
        "\\',\\'maxReceiveCount\\':2}'}}");
    *state = r;
    return 0;
}

/* A mapping from source to the function, with more settings ("" or "'BatchSize':2"); its UUID into `uuid`. */
static void map_to(struct room *r, const char *source, const char *more, char uuid[40])
{
    const cJSON *m = ask(r, "lambda", "CreateEventSourceMapping",
                         "{'FunctionName':'work','EventSourceArn':'%s'%s%s}", source, *more ? "," : "", more);
    if (uuid)
        snprintf(uuid, 40, "%s", text_at(m, "UUID"));
    turn_run(r->world->turn);
}

static void send(struct room *r, const char *body)
{
    ask(r, "sqs", "SendMessage", "{'QueueUrl':'" URL("jobs") "','MessageBody':'%s'}", body);
    turn_run(r->world->turn);
}

/* Sends "1", "2" ... "n" before anything reads. */
static void send_all(struct room *r, int n)
{
    char body[8];
    for (int i = 1; i <= n; i++) {
        snprintf(body, sizeof(body), "%d", i);
        send(r, body);
    }
}

/* How many messages a queue has: visible, hidden. */
static void assert_left(struct room *r, const char *queue, const char *visible, const char *hidden)
{
    const cJSON *a =
        at(ask(r, "sqs", "GetQueueAttributes",
               "{'QueueUrl':'http://localhost:4566/000000000000/%s','AttributeNames':['All']}", queue),
           "Attributes");
    assert_string_equal(text_at(a, "ApproximateNumberOfMessages"), visible);
    assert_string_equal(text_at(a, "ApproximateNumberOfMessagesNotVisible"), hidden);
}

#define assert_saw(text) assert_string_equal(out.saw, text)

static void forget(void)
{
    out.saw[0] = 0;
}

/* ====================================================================== queues */

static void messages_become_one_event_and_are_deleted(void **state)
{
    struct room *r = *state;
    send_all(r, 3);
    map_to(r, QUEUE, "", NULL);
    assert_saw("1 2 3");
    send(r, "4");
    assert_saw("1 2 3|4");
    assert_left(r, "jobs", "0", "0");
}

static void a_batch_is_no_larger_than_asked(void **state)
{
    struct room *r = *state;
    send_all(r, 5);
    map_to(r, QUEUE, "'BatchSize':2", NULL);
    assert_saw("1 2|3 4|5");
    assert_left(r, "jobs", "0", "0");
}

static void a_window_collects_until_it_ends(void **state)
{
    struct room *r = *state;
    map_to(r, QUEUE, "'BatchSize':25,'MaximumBatchingWindowInSeconds':5", NULL);
    send(r, "1");
    room_advance(r, 3000);
    send(r, "2");
    room_advance(r, 1999);
    assert_saw("");
    room_advance(r, 1);
    assert_saw("1 2");
    assert_left(r, "jobs", "0", "0");
}

/* A queue may make its receivers wait; a poller has its own ways to wait. */
static void a_queues_long_poll_holds_up_no_batch(void **state)
{
    struct room *r = *state;
    int64_t due;
    ask(r, "sqs", "SetQueueAttributes",
        "{'QueueUrl':'" URL("jobs") "','Attributes':{'ReceiveMessageWaitTimeSeconds':'20'}}");
    map_to(r, QUEUE, "'BatchSize':25,'MaximumBatchingWindowInSeconds':5", NULL);
    assert_false(timers_next(r->world->timers, true, &due)); /* `settle` would wait for that */
    send(r, "1");
    send(r, "2");
    room_advance(r, 5000);
    assert_saw("1 2");
}

static void a_full_batch_does_not_wait_for_its_window(void **state)
{
    struct room *r = *state;
    send_all(r, 26);
    map_to(r, QUEUE, "'BatchSize':25,'MaximumBatchingWindowInSeconds':5", NULL);
    assert_saw("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25");
    forget();
    room_advance(r, 5000);
    assert_saw("26");
}

static void
a_failed_batch_comes_back_after_the_visibility_timeout_and_ends_in_the_dead_letter_queue(void **state)
{
    struct room *r = *state;
    out.poison = "bad";
    map_to(r, QUEUE, "", NULL);
    send(r, "bad");
    assert_saw("bad!");
    assert_left(r, "jobs", "0", "1"); /* not tried again at once */
    room_advance(r, 29999);
    assert_saw("bad!");
    room_advance(r, 1);
    assert_saw("bad!|bad!");
    room_advance(r, 30000);
    assert_saw("bad!|bad!");
    assert_left(r, "jobs", "0", "0");
    assert_left(r, "dead", "1", "0");
}

static void a_partial_answer_keeps_only_the_failed(void **state)
{
    struct room *r = *state;
    char reply[200];
    send_all(r, 2);
    const cJSON *sent = ask(r, "sqs", "SendMessage", "{'QueueUrl':'" URL("jobs") "','MessageBody':'3'}");
    snprintf(reply, sizeof(reply), "{\"batchItemFailures\":[{\"itemIdentifier\":\"%s\"}]}",
             text_at(sent, "MessageId"));
    out.reply = reply;
    map_to(r, QUEUE, "'FunctionResponseTypes':['ReportBatchItemFailures']", NULL);
    assert_saw("1 2 3");
    assert_left(r, "jobs", "0", "1");
    forget();
    out.reply = NULL;
    room_advance(r, 30000);
    assert_saw("3");
    assert_left(r, "jobs", "0", "0");
}

/* "Handling errors for an SQS event source": what counts as a success, and the forms that fail the whole
 * batch. */
static void replies_that_are_successes_and_replies_that_fail_all(void **state)
{
    static const struct {
        const char *reply, *hidden;
    } rows[] = {
        {"null", "0"},
        {"{}", "0"},
        {"[]", "0"},
        {"\"\"", "0"},
        {"{\"batchItemFailures\":[]}", "0"},
        {"{\"batchItemFailures\":null}", "0"},
        {"not JSON", "1"},
        {"\"text\"", "1"},
        {"[1]", "1"},
        {"{\"batchItemFailures\":\"m\"}", "1"},
        {"{\"batchItemFailures\":[{\"itemIdentifier\":\"\"}]}", "1"},
        {"{\"batchItemFailures\":[{\"itemIdentifier\":null}]}", "1"},
        {"{\"batchItemFailures\":[{\"id\":\"x\"}]}", "1"},
        {"{\"batchItemFailures\":[{\"itemIdentifier\":\"of another batch\"}]}", "1"},
    };
    struct room *r = *state;
    map_to(r, QUEUE, "'FunctionResponseTypes':['ReportBatchItemFailures']", NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        out.reply = rows[i].reply;
        send(r, "m");
        assert_left(r, "jobs", "0", rows[i].hidden);
        ask(r, "sqs", "PurgeQueue", "{'QueueUrl':'" URL("jobs") "'}");
        room_advance(r, 61000); /* one purge a minute */
    }
}

static void a_filter_deletes_what_it_does_not_want(void **state)
{
    struct room *r = *state;
    map_to(r, QUEUE, "'FilterCriteria':{'Filters':[{'Pattern':'{\\'body\\':{\\'kind\\':[\\'tea\\']}}'}]}",
           NULL);
    send(r, "{\\'kind\\':\\'tea\\'}");
    send(r, "{\\'kind\\':\\'ink\\'}");
    send(r, "tea");
    assert_saw("{\"kind\":\"tea\"}");
    assert_left(r, "jobs", "0", "0");
}

static void a_filter_joins_names_by_dots(void **state)
{
    struct room *r = *state;
    map_to(r, QUEUE, "'FilterCriteria':{'Filters':[{'Pattern':'{\\'body.order.kind\\':[\\'tea\\']}'}]}",
           NULL);
    send(r, "{\\'order\\':{\\'kind\\':\\'tea\\'}}");
    send(r, "{\\'order.kind\\':\\'tea\\'}");
    send(r, "{\\'order\\':\\'tea\\'}");
    send(r, "tea");
    assert_saw("{\"order\":{\"kind\":\"tea\"}}|{\"order.kind\":\"tea\"}");
    assert_left(r, "jobs", "0", "0");
}

static void batches_run_side_by_side_up_to_the_concurrency(void **state)
{
    struct room *r = *state;
    out.holding = true;
    map_to(r, QUEUE, "'BatchSize':1,'ScalingConfig':{'MaximumConcurrency':2}", NULL);
    send_all(r, 3);
    assert_saw("1|2");
    assert_left(r, "jobs", "1", "2");
    call_finish(out.held[0]);
    turn_run(r->world->turn);
    assert_saw("1|2|3");
    call_finish(out.held[1]);
    call_finish(out.held[2]);
    turn_run(r->world->turn);
    assert_left(r, "jobs", "0", "0");
}

static void a_lower_concurrency_ends_the_lanes_that_are_too_many(void **state)
{
    struct room *r = *state;
    char uuid[40];
    out.holding = true;
    map_to(r, QUEUE, "'BatchSize':1,'ScalingConfig':{'MaximumConcurrency':4}", uuid);
    send_all(r, 5);
    assert_saw("1|2|3|4");
    ask(r, "lambda", "UpdateEventSourceMapping", "{'UUID':'%s','ScalingConfig':{'MaximumConcurrency':2}}",
        uuid);
    for (int i = 0; i < 4; i++)
        call_finish(out.held[i]);
    turn_run(r->world->turn);
    send(r, "6");
    send(r, "7");
    assert_saw("1|2|3|4|5|6");
    assert_left(r, "jobs", "1", "2");
    for (int i = 4; i < 6; i++)
        call_finish(out.held[i]);
    turn_run(r->world->turn);
    assert_saw("1|2|3|4|5|6|7");
    call_finish(out.held[6]);
    turn_run(r->world->turn);
    assert_left(r, "jobs", "0", "0");
}

static void a_throttled_function_gets_its_messages_after_their_visibility_timeout(void **state)
{
    struct room *r = *state;
    out.throttled = true;
    map_to(r, QUEUE, "", NULL);
    send(r, "1");
    room_advance(r, 5000);
    out.throttled = false;
    room_advance(r, 24999);
    assert_saw("");
    room_advance(r, 1);
    assert_saw("1");
    assert_left(r, "jobs", "0", "0");
}

static void a_disabled_mapping_rests_and_an_enabled_one_begins_by_reading(void **state)
{
    struct room *r = *state;
    char uuid[40];
    map_to(r, QUEUE, "", uuid);
    ask(r, "lambda", "UpdateEventSourceMapping", "{'UUID':'%s','Enabled':false}", uuid);
    send(r, "1");
    assert_saw("");
    ask(r, "lambda", "UpdateEventSourceMapping", "{'UUID':'%s','Enabled':true,'BatchSize':7}", uuid);
    turn_run(r->world->turn);
    assert_saw("1");
    const cJSON *m = ask(r, "lambda", "GetEventSourceMapping", "{'UUID':'%s'}", uuid);
    assert_string_equal(text_at(m, "State"), "Enabled");
    assert_int_equal(cJSON_GetNumberValue(at(m, "BatchSize")), 7);
    assert_string_equal(text_at(m, "LastProcessingResult"), "OK");
}

static void a_mapping_may_be_deleted_while_its_function_runs(void **state)
{
    struct room *r = *state;
    char uuid[40];
    out.holding = true;
    map_to(r, QUEUE, "", uuid);
    send(r, "1");
    ask(r, "lambda", "DeleteEventSourceMapping", "{'UUID':'%s'}", uuid);
    call_finish(out.held[0]);
    turn_run(r->world->turn);
    assert_left(r, "jobs", "0", "1"); /* nobody deletes it any more */
    assert_int_equal(count_at(ask(r, "lambda", "ListEventSourceMappings", "{}"), "EventSourceMappings"), 0);
}

/* ====================================================================== streams */

#define FROM_START "'StartingPosition':'TRIM_HORIZON'"

static void a_stream_is_read_from_its_start_in_order(void **state)
{
    struct room *r = *state;
    put_records(r, 0, 3);
    map_to(r, STREAM, FROM_START ",'BatchSize':2", NULL);
    assert_saw("1 2|3");
    put_records(r, 0, 1);
    assert_saw("1 2|3|4");
}

static void latest_passes_over_what_was_there(void **state)
{
    struct room *r = *state;
    put_records(r, 0, 3);
    map_to(r, STREAM, "'StartingPosition':'LATEST','BatchSize':2", NULL);
    assert_saw("");
    put_records(r, 0, 1);
    assert_saw("4");
}

static void a_streams_window_collects(void **state)
{
    struct room *r = *state;
    map_to(r, STREAM, FROM_START ",'BatchSize':3,'MaximumBatchingWindowInSeconds':10", NULL);
    put_records(r, 0, 1);
    room_advance(r, 9999);
    assert_saw("");
    put_records(r, 0, 1);
    room_advance(r, 1);
    assert_saw("1 2");
    put_records(r, 0, 4); /* three are enough, one waits again */
    assert_saw("1 2|3 4 5");
    room_advance(r, 10000);
    assert_saw("1 2|3 4 5|6");
}

/* By a day, while it is open. */
static void a_window_ends_after_its_seconds_though_the_clock_was_set_back(void **state)
{
    struct room *r = *state;
    map_to(r, QUEUE, "'BatchSize':25,'MaximumBatchingWindowInSeconds':5", NULL);
    map_to(r, STREAM, FROM_START ",'BatchSize':3,'MaximumBatchingWindowInSeconds':5", NULL);
    send(r, "1");
    room_advance(r, 3000);
    put_records(r, 0, 1);
    ask(r, "tidepool", "Clock", "{'action':'set','value':'2025-12-31T12:00:00Z'}");
    room_advance(r, 1999);
    assert_saw("");
    room_advance(r, 1);
    assert_saw("1");
    send(r, "2"); /* this one's window begins on the clock of now */
    room_advance(r, 2999);
    assert_saw("1");
    room_advance(r, 1);
    assert_saw("1|1");
    room_advance(r, 2000);
    assert_saw("1|1|2");
}

static void a_failing_streams_batch_is_tried_again_though_the_clock_was_set_back(void **state)
{
    struct room *r = *state;
    out.poison = "1";
    map_to(r, STREAM, FROM_START ",'MaximumRecordAgeInSeconds':60", NULL);
    put_records(r, 0, 1);
    assert_saw("1!");
    ask(r, "tidepool", "Clock", "{'action':'set','value':'2025-12-31T12:00:00Z'}");
    out.poison = NULL;
    room_advance(r, 100);
    assert_saw("1!|1");
}

static void a_failing_batch_blocks_its_shard_until_it_passes(void **state)
{
    struct room *r = *state;
    out.poison = "1";
    map_to(r, STREAM, FROM_START ",'BatchSize':2", NULL);
    put_records(r, 0, 1);
    put_records(r, 0, 2);
    assert_saw("1!");
    room_advance(r, 100);
    room_advance(r, 200);
    room_advance(r, 400); /* each time twice as long */
    assert_saw("1!|1!|1!|1!");
    forget();
    out.poison = NULL;
    room_advance(r, 800);
    assert_saw("1|2 3");
}

static void retries_are_used_up(void **state)
{
    struct room *r = *state;
    out.poison = "2";
    map_to(r, STREAM, FROM_START ",'MaximumRetryAttempts':1", NULL);
    put_records(r, 0, 2);
    room_advance(r, 100);
    put_records(r, 0, 1);
    assert_saw("1 2!|1 2!|3"); /* the whole batch is given up */
}

static void bisecting_isolates_the_poison(void **state)
{
    struct room *r = *state;
    out.poison = "3";
    put_records(r, 0, 4);
    map_to(r, STREAM, FROM_START ",'MaximumRetryAttempts':1,'BisectBatchOnFunctionError':true", NULL);
    for (int i = 0; i < 10; i++)
        room_advance(r, 100);
    /* splitting uses up no retry: 3 alone is tried twice */
    assert_saw("1 2 3 4!|1 2|3 4!|3!|3!|4");
}

static void a_partial_answer_moves_the_checkpoint_to_the_lowest_failure(void **state)
{
    struct room *r = *state;
    put_records(r, 0, 4);
    out.reply = "{\"batchItemFailures\":[{\"itemIdentifier\":\"4\"},{\"itemIdentifier\":\"2\"}]}";
    map_to(r, STREAM, FROM_START ",'FunctionResponseTypes':['ReportBatchItemFailures']", NULL);
    assert_saw("1 2 3 4");
    forget();
    out.reply = NULL;
    room_advance(r, 100);
    assert_saw("2 3 4");
}

static void a_record_that_is_too_old_is_given_up(void **state)
{
    struct room *r = *state;
    out.poison = "1";
    map_to(r, STREAM, FROM_START ",'MaximumRecordAgeInSeconds':60", NULL);
    put_records(r, 0, 1);
    for (int i = 0; i < 59; i++)
        room_advance(r, 1000);
    put_records(r, 0, 1);
    assert_null(strstr(out.saw, "2"));
    for (int i = 0; i < 60; i++)
        room_advance(r, 1000);
    assert_string_equal(out.saw + strlen(out.saw) - 3, "!|2");

    /* and one that is too old before anybody looks is never sent */
    out.shards[0].written[out.shards[0].count++] = clock_now(&r->world->clock) - 60001;
    put_records(r, 0, 1);
    assert_string_equal(out.saw + strlen(out.saw) - 4, "|2|4");
}

static void a_throttle_is_no_attempt(void **state)
{
    struct room *r = *state;
    out.throttled = true;
    map_to(r, STREAM, FROM_START ",'MaximumRetryAttempts':0", NULL);
    put_records(r, 0, 1);
    room_advance(r, 1000);
    room_advance(r, 1000);
    out.throttled = false;
    room_advance(r, 1000);
    assert_saw("1");
}

static void filtered_records_move_the_checkpoint_too(void **state)
{
    struct room *r = *state;
    put_records(r, 0, 4);
    map_to(r, STREAM,
           FROM_START ",'FilterCriteria':{'Filters':[{'Pattern':'{\\'eventName\\':[\\'INSERT\\']}'}]}", NULL);
    assert_saw("1 3");
    world_drop(r->world); /* only what is stored is left */
    room_advance(r, 0);
    put_records(r, 0, 1);
    assert_saw("1 3|5");
}

static void a_parent_is_drained_before_its_child(void **state)
{
    struct room *r = *state;
    out.poison = "2";
    map_to(r, STREAM, FROM_START ",'BatchSize':1", NULL);
    put_records(r, 0, 2);
    put_records(r, 1, 1);
    out.shards[0].closed = true;
    put_records(r, 0, 0);
    assert_saw("1|2!");
    out.poison = NULL;
    room_advance(r, 100);
    assert_saw("1|2!|2|101");
}

static void a_stream_that_is_gone_keeps_nobody_busy(void **state)
{
    struct room *r = *state;
    int64_t due;
    map_to(r, STREAM, FROM_START, NULL);
    out.stream_gone = true;
    world_drop(r->world);
    room_advance(r, 0);
    assert_false(timers_next(r->world->timers, true, &due)); /* `settle` would wait for that */
}

static void a_lane_that_slept_long_goes_on_at_once(void **state)
{
    struct room *r = *state;
    map_to(r, STREAM, FROM_START, NULL);
    put_records(r, 0, 1);
    room_advance(r, 16 * 60000); /* its iterator has expired */
    put_records(r, 0, 1);
    assert_saw("1|2");
}

static void a_checkpoint_of_a_deleted_mapping_is_not_written(void **state)
{
    struct room *r = *state;
    char uuid[40];
    struct arena a;
    struct str sequence;
    map_to(r, STREAM, FROM_START, uuid);
    ask(r, "lambda", "DeleteEventSourceMapping", "{'UUID':'%s'}", uuid);
    ask(r, "lambda", "CommitCheckpoint", "{'UUID':'%s','ShardId':'shard-0','SequenceNumber':'1'}", uuid);
    arena_init(&a);
    assert_int_equal(checkpoint_get(r->world->store, &a, str_z(uuid), STR("shard-0"), &sequence), RC_NONE);
    arena_release(&a);
}

static void a_checkpoint_survives_a_restart(void **state)
{
    struct room *r = *state;
    char folder[] = "/tmp/tidepool-bus-XXXXXX";
    assert_non_null(mkdtemp(folder));
    room_close(r);
    room_open_at(r, services, folder);
    map_to(r, STREAM, FROM_START, NULL);
    put_records(r, 0, 2);
    assert_saw("1 2");
    room_close(r);

    room_open_at(r, services, folder); /* pollers begin by reading: no note, no clock */
    turn_run(r->world->turn);
    assert_saw("1 2");
    put_records(r, 0, 1);
    assert_saw("1 2|3");

    char command[100];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

/* ====================================================================== the outbox */

static void promise_one(struct room *r, const char *body, const char *policy)
{
    ask(r, "target", "Promise", "{'Policy':'%s','Input':{'MessageBody':'%s'}}", policy, body);
    turn_run(r->world->turn);
}

static void deliveries_are_made_in_order_and_once(void **state)
{
    struct room *r = *state;
    promise_one(r, "a", "sns");
    promise_one(r, "b", "sns");
    room_advance(r, 3600000);
    assert_saw("a|b");
}

/* "Message delivery retries": three at once, two a second apart, ten from 1 s to 20 s, then every 20 s. */
static void a_busy_target_is_tried_again(void **state)
{
    struct room *r = *state;
    out.throttled = true;
    promise_one(r, "a", "sns");
    for (int i = 0; i < 3; i++)
        room_advance(r, 1);
    assert_saw("a|a|a|a");
    room_advance(r, 999);
    assert_saw("a|a|a|a");
    room_advance(r, 1);
    assert_saw("a|a|a|a|a");
    forget();
    out.throttled = false;
    room_advance(r, 1000);
    assert_saw("a");
    room_advance(r, 3600000);
    assert_saw("a");
}

/* The call that makes the deliveries: what is due, and nothing else. */
static void push_makes_what_is_due(void **state)
{
    struct room *r = *state;
    out.throttled = true;
    promise_one(r, "a", "sns");
    assert_saw("a");
    ask(r, "bus", "Push", "{}"); /* tried again in a millisecond, not now */
    assert_saw("a");
    clock_set(&r->world->clock, clock_now_us(&r->world->clock) + 1000);
    ask(r, "bus", "Push", "{}");
    assert_saw("a|a");
}

/* A damaged outbox: what nobody of ours promised is said and dropped, and what is behind it goes out. */
static void a_delivery_that_cannot_be_is_dropped(void **state)
{
    static const char *const rows[] = {
        "{\"service\":\"nobody\",\"operation\":\"Take\"}",
        "{\"service\":\"target\",\"operation\":\"Nothing\",\"in\":{\"a\":1}}",
        "{\"service\":\"lambda\",\"operation\":\"Invoke\",\"in\":{\"FunctionName\":\"work\"}}",
        "{\"service\":\"sqs\",\"operation\":\"ReceiveMessage\",\"in\":{\"QueueUrl\":\"jobs\","
        "\"WaitTimeSeconds\":9}}",
    };
    struct room *r = *state;
    for (int i = 0; i < 4; i++) {
        struct key k;
        key_init(&k, "outbox");
        key_i64(&k, 0);
        key_u64(&k, (uint64_t)i);
        assert_int_equal(store_put(r->world->store, key_view(&k), str_z(rows[i])), RC_OK);
        key_release(&k);
    }
    assert_int_equal(store_commit(r->world->store), RC_OK);
    char *said = NULL;
    size_t n = 0;
    struct log log = {.to = open_memstream(&said, &n), .level = LOG_ERROR};
    r->world->log = &log;
    promise_one(r, "a", "sns");
    r->world->log = NULL;
    fclose(log.to);
    assert_saw("a");
    assert_non_null(strstr(said, "the state is damaged: a delivery by nobody Take is dropped\n"));
    assert_non_null(strstr(said, "a delivery by target Nothing is dropped\n"));
    assert_non_null(strstr(said, "a delivery by lambda Invoke is dropped\n"));
    assert_non_null(strstr(said, "a delivery by sqs ReceiveMessage is dropped\n")); /* it would park */
    free(said);
}

static void a_refusal_goes_to_the_dead_letter_queue_at_once(void **state)
{
    struct room *r = *state;
    out.poison = "all";
    promise_one(r, "a", "sns");
    assert_saw("a");
    const cJSON *got = ask(r, "sqs", "ReceiveMessage", "{'QueueUrl':'" URL("dead") "'}");
    assert_string_equal(text_at(got, "Messages.0.Body"), "a");
}

static void why_finds_a_delivery_that_waits(void **state)
{
    struct room *r = *state;
    char promise[IDENT_UUID_SIZE];
    out.throttled = true;
    ask(r, "target", "Promise", "{'Policy':'sns','Input':{'MessageBody':'a'}}");
    snprintf(promise, sizeof(promise), "%s", r->last->request_id);
    turn_run(r->world->turn);
    room_forget_events(r);
    const cJSON *tree = ask(r, "tidepool", "Why", "{'id':'%s'}", promise);
    assert_string_equal(text_at(tree, "id"), promise);
    assert_string_equal(text_at(tree, "stored.0"),
                        "promised delivery: target Take for arn:aws:sns:us-east-1:000000000000:news:1");
    room_advance(r, 86400000); /* given up */
}

static void a_rules_delivery_is_given_up_after_185_tries(void **state)
{
    struct room *r = *state;
    out.throttled = true;
    promise_one(r, "a", "events");
    for (int i = 0; i < 200; i++)
        room_advance(r, 600000);
    assert_int_equal((strlen(out.saw) + 1) / 2, 186); /* the first and 185 more */
    assert_left(r, "dead", "1", "0");
}

/* ====================================================================== the operations */

static void what_creating_refuses(void **state)
{
    struct room *r = *state;
#define CREATE "lambda", "CreateEventSourceMapping"
    const char *why =
        refused(r, "InvalidParameterValueException", CREATE,
                "{'FunctionName':'work','EventSourceArn':'arn:aws:sqs:us-east-1:000000000000:none'}");
    assert_string_equal(
        why, "Error occurred while ReceiveMessage. SQS Error Code: "
             "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does "
             "not exist.");
    why = refused(r, "InvalidParameterValueException", CREATE,
                  "{'FunctionName':'work','EventSourceArn':'" STREAM "x','StartingPosition':'LATEST'}");
    assert_string_equal(why, "Stream not found: " STREAM "x");
    static const char *const spellings[] = {"arn:aws-cn:sqs:us-east-1:000000000000:jobs",
                                            "arn:aws:sqs:eu-west-1:000000000000:jobs",
                                            "arn:aws:sqs::000000000000:jobs", "arn:aws:sqs:us-east-1:0:jobs"};
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        refused(r, "InvalidParameterValueException", CREATE, "{'FunctionName':'work','EventSourceArn':'%s'}",
                spellings[i]);
    refused(r, "ResourceNotFoundException", CREATE, "{'FunctionName':'nobody','EventSourceArn':'" QUEUE "'}");
    refused(r, "InvalidParameterValueException", CREATE,
            "{'FunctionName':'work','EventSourceArn':'" STREAM "'}");
    why = refused(r, "InvalidParameterValueException", CREATE,
                  "{'FunctionName':'work','EventSourceArn':'" QUEUE
                  "','FilterCriteria':{'Filters':[{'Pattern':'x'}]}}");
    assert_string_equal(why, "Invalid filter pattern definition.");
    refused(
        r, "InvalidParameterValueException", CREATE,
        "{'FunctionName':'work','EventSourceArn':'" QUEUE
        "','FilterCriteria':{'Filters':[{'Pattern':'{\\'a\\':[{\\'wildcard\\':\\'*a*a*a*a*a*a\\'}]}'}]}}");
    refused(r, "InvalidParameterValueException", CREATE,
            "{'FunctionName':'work','EventSourceArn':'" QUEUE "','BatchSize':11}");
    refused(r, "InvalidParameterValueException", CREATE,
            "{'FunctionName':'work','EventSourceArn':'" QUEUE "','MaximumRetryAttempts':1}");
    why = refused(r, "InvalidParameterValueException", CREATE,
                  "{'FunctionName':'work','EventSourceArn':'" STREAM
                  "','StartingPosition':'LATEST','TumblingWindowInSeconds':5}");
    assert_string_equal(why, "TumblingWindowInSeconds is not supported by tidepool yet.");
    refused(r, "ValidationException", CREATE,
            "{'FunctionName':'work','EventSourceArn':'" QUEUE "','ScalingConfig':{'MaximumConcurrency':1}}");
    refused(r, "ValidationException", CREATE,
            "{'FunctionName':'work','EventSourceArn':'" QUEUE
            "','ScalingConfig':{'MaximumConcurrency':1001}}");
    refused(r, "InvalidParameterValueException", CREATE,
            "{'FunctionName':'work','EventSourceArn':'" QUEUE "','Tags':{'a':'b'}}");
    refused(r, "InvalidParameterValueException", CREATE,
            "{'FunctionName':'work','EventSourceArn':'" STREAM
            "','StartingPosition':'LATEST','StartingPositionTimestamp':1767268800}");
    refused(r, "InvalidParameterValueException", CREATE,
            "{'FunctionName':'work','EventSourceArn':'" QUEUE "','LoggingConfig':{'SystemLogLevel':'INFO'}}");
    ask(r, CREATE, "{'FunctionName':'work','EventSourceArn':'" QUEUE "'}");
    refused(r, "ResourceConflictException", CREATE, "{'FunctionName':'work','EventSourceArn':'" QUEUE "'}");
    refused(r, "ResourceNotFoundException", "lambda", "GetEventSourceMapping", "{'UUID':'none'}");
}

static void what_a_mapping_says_of_itself(void **state)
{
    struct room *r = *state;
    char uuid[40];
#define TEA "'FilterCriteria':{'Filters':[{'Pattern':'{\\'body\\':[\\'tea\\']}'}]}"
    map_to(r, QUEUE, TEA, uuid);
    const cJSON *m = ask(r, "lambda", "GetEventSourceMapping", "{'UUID':'%s'}", uuid);
    assert_string_equal(text_at(m, "StateTransitionReason"), "USER_INITIATED");
    assert_true(cJSON_IsArray(at(m, "FunctionResponseTypes")));
    assert_int_equal(count_at(m, "FilterCriteria.Filters"), 1);
    ask(r, "lambda", "UpdateEventSourceMapping", "{'UUID':'%s','FilterCriteria':{}}", uuid);
    m = ask(r, "lambda", "GetEventSourceMapping", "{'UUID':'%s'}", uuid);
    assert_null(at(m, "FilterCriteria"));
    send(r, "ink");
    assert_saw("ink");

    map_to(r, STREAM, FROM_START, uuid);
    m = ask(r, "lambda", "GetEventSourceMapping", "{'UUID':'%s'}", uuid);
    assert_string_equal(text_at(m, "StateTransitionReason"), "User action");
    assert_true(cJSON_IsObject(at(m, "DestinationConfig.OnFailure")));
}

static void lists_have_pages_and_filters(void **state)
{
    struct room *r = *state;
    char first[40], second[40];
    map_to(r, QUEUE, "", first);
    map_to(r, STREAM, FROM_START, second);
    const cJSON *page = ask(r, "lambda", "ListEventSourceMappings", "{'MaxItems':1}");
    assert_string_equal(text_at(page, "EventSourceMappings.0.UUID"), first);
    page = ask(r, "lambda", "ListEventSourceMappings", "{'Marker':'%s'}", text_at(page, "NextMarker"));
    assert_string_equal(text_at(page, "EventSourceMappings.0.UUID"), second);
    assert_null(at(page, "NextMarker"));
    page =
        ask(r, "lambda", "ListEventSourceMappings", "{'EventSourceArn':'" STREAM "','FunctionName':'work'}");
    assert_int_equal(count_at(page, "EventSourceMappings"), 1);
    page = ask(r, "lambda", "ListEventSourceMappings", "{'FunctionName':'other'}");
    assert_int_equal(count_at(page, "EventSourceMappings"), 0);
}

/* The template says the same again at each start. */
static void putting_is_idempotent(void **state)
{
    struct room *r = *state;
    char uuid[40];
#define PUT(more)                                                                                            \
    ask(r, "lambda", "PutEventSourceMapping", "{'FunctionName':'work','EventSourceArn':'" QUEUE "'" more "}")
    snprintf(uuid, sizeof(uuid), "%s", text_at(PUT(",'BatchSize':2"), "UUID"));
    double modified = cJSON_GetNumberValue(at(PUT(",'BatchSize':2"), "LastModified"));
    room_advance(r, 5000);
    assert_string_equal(text_at(PUT(",'BatchSize':2"), "UUID"), uuid);
    assert_true(cJSON_GetNumberValue(at(PUT(",'BatchSize':2"), "LastModified")) == modified);
    const cJSON *m = PUT(",'BatchSize':3");
    assert_string_equal(text_at(m, "UUID"), uuid);
    assert_int_equal(cJSON_GetNumberValue(at(m, "BatchSize")), 3);
    m = PUT(""); /* what left the template is the default again */
    assert_int_equal(cJSON_GetNumberValue(at(m, "BatchSize")), 10);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, room_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(messages_become_one_event_and_are_deleted),
        T(a_batch_is_no_larger_than_asked),
        T(a_window_collects_until_it_ends),
        T(a_window_ends_after_its_seconds_though_the_clock_was_set_back),
        T(a_failing_streams_batch_is_tried_again_though_the_clock_was_set_back),
        T(a_queues_long_poll_holds_up_no_batch),
        T(a_full_batch_does_not_wait_for_its_window),
        T(a_failed_batch_comes_back_after_the_visibility_timeout_and_ends_in_the_dead_letter_queue),
        T(a_partial_answer_keeps_only_the_failed),
        T(replies_that_are_successes_and_replies_that_fail_all),
        T(a_filter_deletes_what_it_does_not_want),
        T(a_filter_joins_names_by_dots),
        T(batches_run_side_by_side_up_to_the_concurrency),
        T(a_lower_concurrency_ends_the_lanes_that_are_too_many),
        T(a_throttled_function_gets_its_messages_after_their_visibility_timeout),
        T(a_disabled_mapping_rests_and_an_enabled_one_begins_by_reading),
        T(a_mapping_may_be_deleted_while_its_function_runs),
        T(a_stream_is_read_from_its_start_in_order),
        T(latest_passes_over_what_was_there),
        T(a_streams_window_collects),
        T(a_failing_batch_blocks_its_shard_until_it_passes),
        T(retries_are_used_up),
        T(bisecting_isolates_the_poison),
        T(a_partial_answer_moves_the_checkpoint_to_the_lowest_failure),
        T(a_record_that_is_too_old_is_given_up),
        T(a_throttle_is_no_attempt),
        T(filtered_records_move_the_checkpoint_too),
        T(a_parent_is_drained_before_its_child),
        T(a_stream_that_is_gone_keeps_nobody_busy),
        T(a_lane_that_slept_long_goes_on_at_once),
        T(a_checkpoint_of_a_deleted_mapping_is_not_written),
        T(a_checkpoint_survives_a_restart),
        T(deliveries_are_made_in_order_and_once),
        T(a_busy_target_is_tried_again),
        T(push_makes_what_is_due),
        T(a_delivery_that_cannot_be_is_dropped),
        T(a_refusal_goes_to_the_dead_letter_queue_at_once),
        T(why_finds_a_delivery_that_waits),
        T(a_rules_delivery_is_given_up_after_185_tries),
        T(what_creating_refuses),
        T(what_a_mapping_says_of_itself),
        T(lists_have_pages_and_filters),
        T(putting_is_idempotent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
