/* What is larger than a request goes in portions, each a turn of its own: counted by the rows that a turn
 * takes away, whatever the machine. */
#include "bus/bus.h"
#include "control/control.h"
#include "dynamodb/dynamodb.h"
#include "room.h"
#include "sns/sns.h"
#include "sqs/sqs.h"
#include "store/key.h"
#include <unistd.h>

#define URL "http://localhost:4566/000000000000/"
#define JOBS "'QueueUrl':'" URL "jobs'"

static const struct service *const services[] = {
    &sqs_service,     &sns_service, &dynamodb_service, &dynamodbstreams_service, &bus_push_service,
    &control_service, NULL};

/* The rows of one space, counted after each turn. */
static struct {
    struct world *world;
    const char *space;
    int64_t rows, most; /* most: the largest number that went in one turn */
    int turns;          /* in which some went */
    int64_t worked;     /* the most steps of call_works in one turn */
} watched;

static int64_t rows_of(struct store *s, const char *space)
{
    struct key all, end;
    struct store_cursor *at;
    int64_t n = 0;
    key_init(&all, space);
    key_after(&end, key_view(&all));
    assert_int_equal(store_seek(s, &at, key_view(&all), key_view(&end), false), RC_OK);
    while (store_next(at, NULL, NULL) == RC_OK)
        n++;
    store_cursor_close(at);
    store_rollback(s);
    key_release(&all);
    key_release(&end);
    return n;
}

static void turn_over(void *arg)
{
    (void)arg;
    int64_t rows = rows_of(watched.world->store, watched.space), went = watched.rows - rows;
    watched.turns += went > 0;
    watched.most = went > watched.most ? went : watched.most;
    watched.rows = rows;
    if (watched.world->worked > watched.worked)
        watched.worked = watched.world->worked;
}

static void watch(struct room *r, const char *space)
{
    memset(&watched, 0, sizeof(watched));
    watched.world = r->world;
    watched.space = space;
    watched.rows = rows_of(r->world->store, space);
    r->world->turn_over = turn_over;
}

/* As the loop does, round after round, until all that was deleted is swept. */
static void sweep_all(struct room *r)
{
    int rounds = 0;
    while (rows_of(r->world->store, "world.sweep") > 0 && rounds++ < 100)
        room_advance(r, 0);
}

static int setup(void **state)
{
    struct room *r = room_new(services);
    ask(r, "sqs", "CreateQueue", "{'QueueName':'jobs','Attributes':{'MessageRetentionPeriod':'60'}}");
    *state = r;
    return 0;
}

static void send(struct room *r, int n)
{
    for (int i = 0; i < n; i++)
        ask(r, "sqs", "SendMessage", "{" JOBS ",'MessageBody':'%d'}", i);
}

static void a_receive_passes_over_expired_messages_in_portions(void **state)
{
    struct room *r = *state;
    send(r, 2100);
    room_advance(r, 60000);
    ask(r, "sqs", "SendMessage", "{" JOBS ",'MessageBody':'live'}");
    watch(r, "sqs.message");
    const cJSON *out = ask(r, "sqs", "ReceiveMessage", "{" JOBS "}");
    assert_string_equal(text_at(out, "Messages.0.Body"), "live");
    assert_int_equal(watched.most, CALL_SWEEP_ROWS);
    assert_int_equal(watched.turns, 5);
    assert_int_equal(watched.rows, 1);
}

static void several_receivers_share_the_portion_of_a_turn(void **state)
{
    struct room *r = *state;
    send(r, 1200);
    room_advance(r, 60000);
    watch(r, "sqs.message");
    for (int i = 0; i < 5; i++) {
        struct call *c = door_open(r->world, NULL, "sqs", "ReceiveMessage");
        c->in = cJSON_Parse("{\"QueueUrl\":\"" URL "jobs\"}");
        door_send(c);
    }
    turn_run(r->world->turn);
    assert_int_equal(watched.most, CALL_SWEEP_ROWS);
    assert_int_equal(watched.rows, 0);
}

static void counting_messages_sweeps_expired_ones_in_portions(void **state)
{
    struct room *r = *state;
    send(r, 1200);
    ask(r, "sqs", "ReceiveMessage", "{" JOBS ",'MaxNumberOfMessages':10,'VisibilityTimeout':1}");
    room_advance(r, 120000);
    watch(r, "sqs.message");
    const cJSON *out = ask(r, "sqs", "GetQueueAttributes", "{" JOBS ",'AttributeNames':['All']}");
    assert_string_equal(text_at(out, "Attributes.ApproximateNumberOfMessages"), "0");
    assert_int_equal(watched.most, CALL_SWEEP_ROWS);
    assert_int_equal(watched.rows, 0);
}

/* Those that came back from their receivers may be any number: only what is in flight is walked over. */
static void counting_messages_looks_at_those_in_flight_alone(void **state)
{
    struct room *r = *state;
    ask(r, "sqs", "SetQueueAttributes", "{" JOBS ",'Attributes':{'MessageRetentionPeriod':'3600'}}");
    send(r, 600);
    for (int i = 0; i < 60; i++)
        ask(r, "sqs", "ReceiveMessage", "{" JOBS ",'MaxNumberOfMessages':10,'VisibilityTimeout':30}");
    room_advance(r, 30000);
    send(r, 5);
    ask(r, "sqs", "ReceiveMessage", "{" JOBS ",'MaxNumberOfMessages':10,'VisibilityTimeout':30}");
    ask(r, "sqs", "SendMessage", "{" JOBS ",'MessageBody':'later','DelaySeconds':9}");
    for (int restarted = 0; restarted < 2; restarted++) {
        watch(r, "sqs.due");
        const cJSON *out = ask(r, "sqs", "GetQueueAttributes", "{" JOBS ",'AttributeNames':['All']}");
        assert_string_equal(text_at(out, "Attributes.ApproximateNumberOfMessages"), "595");
        assert_string_equal(text_at(out, "Attributes.ApproximateNumberOfMessagesNotVisible"), "10");
        assert_string_equal(text_at(out, "Attributes.ApproximateNumberOfMessagesDelayed"), "1");
        assert_int_equal(watched.worked, 11 * 20);
        world_drop(r->world);
    }
}

static void many_messages_go_to_the_dead_letter_queue_in_portions(void **state)
{
    struct room *r = *state;
    ask(r, "sqs", "CreateQueue", "{'QueueName':'dead'}");
    ask(r, "sqs", "SetQueueAttributes",
        "{" JOBS ",'Attributes':{'VisibilityTimeout':'1','RedrivePolicy':'{\\'maxReceiveCount\\':\\'1\\',"
        "\\'deadLetterTargetArn\\':\\'arn:aws:sqs:us-east-1:000000000000:dead\\'}'}}");
    send(r, 1200);
    for (int i = 0; i < 120; i++)
        ask(r, "sqs", "ReceiveMessage", "{" JOBS ",'MaxNumberOfMessages':10}");
    room_advance(r, 1000);
    ask(r, "sqs", "ReceiveMessage", "{" JOBS "}");
    assert_int_equal(r->last->runs, 3); /* 500, 500, 200 */
    const cJSON *out =
        ask(r, "sqs", "GetQueueAttributes", "{'QueueUrl':'" URL "dead','AttributeNames':['All']}");
    assert_string_equal(text_at(out, "Attributes.ApproximateNumberOfMessages"), "1200");
}

/* Nothing stays parked with what it swept undone. */
static void a_long_poll_that_found_only_expired_messages_waits_on(void **state)
{
    struct room *r = *state;
    send(r, 3);
    room_advance(r, 60000);
    struct call *c = door_open(r->world, NULL, "sqs", "ReceiveMessage");
    c->in = cJSON_Parse("{\"QueueUrl\":\"" URL "jobs\",\"WaitTimeSeconds\":20}");
    watch(r, "sqs.message");
    door_send(c);
    turn_run(r->world->turn);
    assert_int_equal(watched.rows, 0);
    ask(r, "sqs", "SendMessage", "{" JOBS ",'MessageBody':'live'}");
    turn_run(r->world->turn);
    const cJSON *out = ask(r, "sqs", "GetQueueAttributes", "{" JOBS ",'AttributeNames':['All']}");
    assert_string_equal(text_at(out, "Attributes.ApproximateNumberOfMessagesNotVisible"), "1");
}

/* --- what is deleted */

static const char *handle_of_the_first(struct room *r, char handle[256])
{
    const cJSON *out = ask(r, "sqs", "ReceiveMessage", "{" JOBS "}");
    snprintf(handle, 256, "%s", text_at(out, "Messages.0.ReceiptHandle"));
    return handle;
}

static void a_purged_queue_is_empty_at_once_and_its_messages_go_in_portions(void **state)
{
    struct room *r = *state;
    char handle[256];
    send(r, 1100);
    handle_of_the_first(r, handle);
    watch(r, "sqs.message");
    ask(r, "sqs", "PurgeQueue", "{" JOBS "}");
    assert_int_equal(watched.most, 0);
    assert_null(at(ask(r, "sqs", "ReceiveMessage", "{" JOBS "}"), "Messages"));
    ask(r, "sqs", "DeleteMessage", "{" JOBS ",'ReceiptHandle':'%s'}", handle); /* gone already: fine */
    ask(r, "sqs", "SendMessage", "{" JOBS ",'MessageBody':'after'}");
    sweep_all(r);
    assert_int_equal(watched.most, STORE_PORTION_ROWS);
    assert_int_equal(watched.rows, 1);
    assert_int_equal(rows_of(r->world->store, "sqs.due"), 0);
    assert_string_equal(text_at(ask(r, "sqs", "ReceiveMessage", "{" JOBS "}"), "Messages.0.Body"), "after");
}

static void a_queue_of_the_same_name_neither_sees_nor_loses_messages(void **state)
{
    struct room *r = *state;
    send(r, 1100);
    watch(r, "sqs.message");
    ask(r, "sqs", "DeleteQueue", "{" JOBS "}");
    refused(r, "QueueDoesNotExist", "sqs", "ReceiveMessage", "{" JOBS "}");
    ask(r, "sqs", "CreateQueue", "{'QueueName':'jobs'}");
    assert_null(at(ask(r, "sqs", "ReceiveMessage", "{" JOBS "}"), "Messages"));
    send(r, 3);
    sweep_all(r);
    assert_int_equal(watched.most, STORE_PORTION_ROWS);
    assert_int_equal(watched.rows, 3);
}

#define TABLE                                                                                                \
    "{'TableName':'Notes','BillingMode':'PAY_PER_REQUEST','AttributeDefinitions':[{'AttributeName':'id',"    \
    "'AttributeType':'S'},{'AttributeName':'of','AttributeType':'S'}],'KeySchema':[{'AttributeName':'id',"   \
    "'KeyType':'HASH'}],'GlobalSecondaryIndexes':[{'IndexName':'ByOf','KeySchema':[{'AttributeName':'of',"   \
    "'KeyType':'HASH'}],'Projection':{'ProjectionType':'ALL'}}]}"

static void table(struct room *r)
{
    ask(r, "dynamodb", "CreateTable", "%s", TABLE);
}

static void put_items(struct room *r, int n)
{
    for (int i = 0; i < n; i++)
        ask(r, "dynamodb", "PutItem", "{'TableName':'Notes','Item':{'id':{'S':'%d'},'of':{'S':'a'}}}", i);
}

static int count_items(struct room *r, const char *more)
{
    const cJSON *out = ask(r, "dynamodb", "Scan", "{'TableName':'Notes','Select':'COUNT'%s}", more);
    return (int)cJSON_GetNumberValue(at(out, "Count"));
}

static void a_table_of_the_same_name_neither_sees_nor_loses_items(void **state)
{
    struct room *r = *state;
    table(r);
    put_items(r, 600);
    watch(r, "ddb.item");
    ask(r, "dynamodb", "DeleteTable", "{'TableName':'Notes'}");
    refused(r, "ResourceNotFoundException", "dynamodb", "Scan", "{'TableName':'Notes'}");
    table(r);
    assert_int_equal(count_items(r, ""), 0);
    assert_int_equal(count_items(r, ",'IndexName':'ByOf'"), 0);
    put_items(r, 3);
    sweep_all(r);
    assert_int_equal(watched.most, STORE_PORTION_ROWS);
    assert_int_equal(watched.rows, 3);
    assert_int_equal(rows_of(r->world->store, "ddb.entry"), 3);
    assert_int_equal(count_items(r, ",'IndexName':'ByOf'"), 3);
}

static void a_deleted_index_goes_in_portions(void **state)
{
    struct room *r = *state;
    table(r);
    put_items(r, 600);
    watch(r, "ddb.entry");
    ask(r, "dynamodb", "UpdateTable",
        "{'TableName':'Notes','GlobalSecondaryIndexUpdates':[{'Delete':{'IndexName':'ByOf'}}]}");
    assert_int_equal(watched.most, 0);
    sweep_all(r);
    assert_int_equal(watched.most, STORE_PORTION_ROWS);
    assert_int_equal(watched.rows, 0);
    assert_int_equal(count_items(r, ""), 600);
}

/* --- what is looked at */

/* 40 items of 20 KB and a filter of 100 operands: some 2.6 million steps.  The request, as JSON; freed by who
 * asks. */
static char *with_a_long_filter(const char *more)
{
    struct buf json;
    buf_init(&json, 1u << 16);
    buf_z(&json, "{'TableName':'Notes','FilterExpression':'");
    for (int i = 0; i < 50; i++)
        buf_printf(&json, "%scontains(body, :x)", i ? " OR " : "");
    buf_printf(&json,
               "','ReturnConsumedCapacity':'TOTAL','ExpressionAttributeValues':{':x':{'S':'needle'}%s}",
               more);
    char *text = xstrdup(buf_zstr(&json));
    buf_release(&json);
    return text;
}

static void ask_for_all_with_a_long_filter(struct room *r, const char *operation, const char *more)
{
    char *json = with_a_long_filter(more);
    ask(r, "dynamodb", operation, "%s", json);
    free(json);
}

static void put_big_items(struct room *r)
{
    char *body = xcalloc(1, 20001);
    memset(body, 'x', 20000);
    table(r);
    for (int i = 0; i < 40; i++)
        ask(r, "dynamodb", "PutItem",
            "{'TableName':'Notes','Item':{'id':{'S':'%02d'},'of':{'S':'a'},'body':{'S':'%s%s'}}}", i,
            i % 2 ? "needle" : "", body);
    free(body);
}

static void a_scan_with_a_long_filter_goes_in_portions(void **state)
{
    struct room *r = *state;
    put_big_items(r);
    watch(r, "ddb.item");
    ask_for_all_with_a_long_filter(r, "Scan", "}");
    assert_int_equal(count_at(call_out(r->last), "Items"), 20);
    assert_int_equal(cJSON_GetNumberValue(at(call_out(r->last), "ScannedCount")), 40);
    assert_float_equal(cJSON_GetNumberValue(at(call_out(r->last), "ConsumedCapacity.CapacityUnits")), 98, 0);
    assert_null(at(call_out(r->last), "LastEvaluatedKey"));
    assert_int_equal(r->last->runs, 3);
    assert_true(watched.worked < CALL_WORK * 3 / 2);
}

static void a_query_backwards_goes_in_portions_in_its_order(void **state)
{
    struct room *r = *state;
    put_big_items(r);
    ask_for_all_with_a_long_filter(r, "Query",
                                   ",':a':{'S':'a'}},'IndexName':'ByOf','KeyConditionExpression':'#of = :a',"
                                   "'ExpressionAttributeNames':{'#of':'of'},'ScanIndexForward':false,"
                                   "'Limit':39");
    int n = count_at(call_out(r->last), "Items");
    assert_in_range(n, 19, 20);
    assert_true(r->last->runs > 1);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++) {
            char one[40], other[40];
            snprintf(one, sizeof(one), "Items.%d.id.S", i);
            snprintf(other, sizeof(other), "Items.%d.id.S", j);
            assert_string_not_equal(text_at(call_out(r->last), one), text_at(call_out(r->last), other));
        }
    assert_int_equal(cJSON_GetNumberValue(at(call_out(r->last), "ScannedCount")), 39);
    assert_non_null(at(call_out(r->last), "LastEvaluatedKey"));
}

/* --- what a batch writes */

/* 25 items of 100 KB: each some 300,000 steps, as it has an entry and a record too. */
static struct call *big_batch(struct room *r)
{
    struct call *c = door_open(r->world, NULL, "dynamodb", "BatchWriteItem");
    char *body = xcalloc(1, 100001);
    memset(body, 'x', 100000);
    c->in = cJSON_Parse("{\"ReturnConsumedCapacity\":\"INDEXES\",\"RequestItems\":{}}");
    cJSON *puts = cJSON_AddArrayToObject(cJSON_GetObjectItem(c->in, "RequestItems"), "Notes");
    for (int i = 0; i < 25; i++) {
        char id[16];
        cJSON *put = cJSON_CreateObject();
        cJSON *item = cJSON_AddObjectToObject(cJSON_AddObjectToObject(put, "PutRequest"), "Item");
        snprintf(id, sizeof(id), "%02d", i);
        cJSON_AddStringToObject(cJSON_AddObjectToObject(item, "id"), "S", id);
        cJSON_AddStringToObject(cJSON_AddObjectToObject(item, "of"), "S", "a");
        cJSON_AddStringToObject(cJSON_AddObjectToObject(item, "body"), "S", body);
        cJSON_AddItemToArray(puts, put);
    }
    free(body);
    return c;
}

/* What somebody else asks after the batch's first turn. */
static struct {
    const char *operation, *in;
    struct call *ended;
} meanwhile;

static void meanwhile_ended(struct call *c)
{
    meanwhile.ended = c;
}

static void ask_meanwhile(void *arg)
{
    turn_over(arg);
    if (!meanwhile.operation || rows_of(watched.world->store, "ddb.item") == 0)
        return;
    struct call *c = door_open(watched.world, NULL, "dynamodb", meanwhile.operation);
    meanwhile.operation = NULL;
    c->in = cJSON_Parse(meanwhile.in);
    c->from = CALL_TEST;
    c->on_end = meanwhile_ended;
    door_submit(c);
}

/* Returns the answer of the batch, while somebody asks this. */
static const cJSON *write_big_batch(struct room *r, const char *operation, const char *in)
{
    memset(&meanwhile, 0, sizeof(meanwhile));
    meanwhile.operation = operation, meanwhile.in = in;
    table(r);
    ask(r, "dynamodb", "UpdateTable",
        "{'TableName':'Notes','StreamSpecification':{'StreamEnabled':true,'StreamViewType':'KEYS_ONLY'}}");
    watch(r, "ddb.item");
    r->world->turn_over = ask_meanwhile;
    struct call *c = door_wait(big_batch(r));
    r->world->turn_over = NULL;
    call_free(r->last);
    r->last = c;
    assert_null(c->fault);
    if (operation)
        assert_non_null(meanwhile.ended);
    return call_out(c);
}

static void a_large_batch_is_written_in_portions_that_others_see(void **state)
{
    struct room *r = *state;
    const cJSON *out = write_big_batch(r, "Scan", "{\"TableName\":\"Notes\",\"Select\":\"COUNT\"}");
    assert_int_equal(r->last->runs, 7);
    assert_true(watched.worked < CALL_WORK * 3 / 2);
    assert_int_equal(cJSON_GetNumberValue(at(call_out(meanwhile.ended), "Count")), 4);
    call_free(meanwhile.ended);
    assert_int_equal(count_at(out, "UnprocessedItems"), 0);
    assert_float_equal(cJSON_GetNumberValue(at(out, "ConsumedCapacity.0.CapacityUnits")), 25 * 196, 0);
    assert_float_equal(
        cJSON_GetNumberValue(at(out, "ConsumedCapacity.0.GlobalSecondaryIndexes.ByOf.CapacityUnits")),
        25 * 98, 0);
    assert_int_equal(count_at(out, "ConsumedCapacity"), 1);
    assert_int_equal(rows_of(r->world->store, "ddb.item"), 25);
}

static void the_records_of_a_large_batch_are_in_its_order(void **state)
{
    struct room *r = *state;
    write_big_batch(r, NULL, NULL);
    const cJSON *out = ask(r, "dynamodb", "DescribeTable", "{'TableName':'Notes'}");
    char *arn = xstrdup(text_at(out, "Table.LatestStreamArn"));
    out = ask(r, "dynamodbstreams", "DescribeStream", "{'StreamArn':'%s'}", arn);
    char *shard = xstrdup(text_at(out, "StreamDescription.Shards.0.ShardId"));
    out = ask(r, "dynamodbstreams", "GetShardIterator",
              "{'StreamArn':'%s','ShardId':'%s','ShardIteratorType':'TRIM_HORIZON'}", arn, shard);
    char *iterator = xstrdup(text_at(out, "ShardIterator"));
    out = ask(r, "dynamodbstreams", "GetRecords", "{'ShardIterator':'%s'}", iterator);
    assert_int_equal(count_at(out, "Records"), 25);
    for (int i = 0; i < 25; i++) {
        char path[60], id[16];
        snprintf(path, sizeof(path), "Records.%d.dynamodb.Keys.id.S", i);
        snprintf(id, sizeof(id), "%02d", i);
        assert_string_equal(text_at(out, path), id);
    }
    free(arn), free(shard), free(iterator);
}

/* The rest is handed back, and what was written is in the answer. */
static void the_rest_of_a_batch_is_handed_back(struct room *r, const cJSON *out)
{
    assert_null(meanwhile.ended->fault);
    call_free(meanwhile.ended);
    assert_int_equal(count_at(out, "UnprocessedItems.Notes"), 21);
    assert_string_equal(text_at(out, "UnprocessedItems.Notes.0.PutRequest.Item.id.S"), "04");
    assert_float_equal(cJSON_GetNumberValue(at(out, "ConsumedCapacity.0.CapacityUnits")), 4 * 196, 0);
    assert_int_equal(r->last->runs, 2);
}

static void of_a_table_that_is_deleted_meanwhile_the_rest_is_handed_back(void **state)
{
    struct room *r = *state;
    const cJSON *out = write_big_batch(r, "DeleteTable", "{\"TableName\":\"Notes\"}");
    the_rest_of_a_batch_is_handed_back(r, out);
    table(r);
    assert_int_equal(count_items(r, ""), 0);
}

static void of_a_table_that_loses_an_index_meanwhile_the_rest_is_handed_back(void **state)
{
    struct room *r = *state;
    const cJSON *out =
        write_big_batch(r, "UpdateTable",
                        "{\"TableName\":\"Notes\",\"GlobalSecondaryIndexUpdates\":[{\"Delete\":"
                        "{\"IndexName\":\"ByOf\"}}]}");
    the_rest_of_a_batch_is_handed_back(r, out);
    assert_int_equal(count_items(r, ""), 4);
}

/* Whatever the turn has done before. */
static void a_small_batch_is_one_turn(void **state)
{
    struct room *r = *state;
    table(r);
    struct buf puts;
    buf_init(&puts, 1u << 16);
    for (int i = 0; i < 25; i++)
        buf_printf(&puts, "%s{'PutRequest':{'Item':{'id':{'S':'%d'},'of':{'S':'a'}}}}", i ? "," : "", i);
    struct call *large = big_batch(r);
    door_send(large);
    ask(r, "dynamodb", "BatchWriteItem", "{'RequestItems':{'Notes':[%.*s]}}", (int)puts.n, puts.p);
    assert_int_equal(r->last->runs, 1);
    buf_release(&puts);
}

struct heard {
    bool ended;
    const char *fault; /* NULL: an answer */
};

static void hear(struct call *c)
{
    struct heard *h = c->asker;
    h->ended = true;
    h->fault = c->fault ? c->fault->code : NULL;
    call_free(c);
}

/* Asks without waiting: what is asked next comes between the portions of what was asked before. */
static void ask_also(struct room *r, struct heard *h, const char *operation, const char *json)
{
    char *text = xstrdup(json);
    for (char *p = text; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    struct call *c = door_open(r->world, NULL, "dynamodb", operation);
    c->in = cJSON_Parse(text);
    c->asker = h;
    c->on_end = hear;
    free(text);
    door_submit(c);
}

/* The place where the walk stands is none of the new table: its items, and what lies between the two, are not
 * of this scan. */
static void a_scan_of_a_table_that_is_replaced_meanwhile_finds_it_gone(void **state)
{
    struct room *r = *state;
    struct heard scan = {0}, other = {0};
    char *json = with_a_long_filter("}");
    put_big_items(r);
    ask_also(r, &scan, "Scan", json);
    ask_also(r, &other, "DeleteTable", "{'TableName':'Notes'}");
    ask_also(r, &other, "CreateTable", TABLE);
    turn_run(r->world->turn);
    assert_true(other.ended);
    assert_null(other.fault);
    assert_true(scan.ended);
    assert_string_equal(scan.fault, "ResourceNotFoundException");
    free(json);
}

#define NEWS "'TopicArn':'arn:aws:sns:us-east-1:000000000000:news'"

static void subscribe(struct room *r, int n)
{
    ask(r, "sns", "CreateTopic", "{'Name':'news'}");
    for (int i = 0; i < n; i++)
        ask(r, "sns", "Subscribe",
            "{" NEWS ",'Protocol':'sqs','Endpoint':'arn:aws:sqs:us-east-1:000000000000:q%d'}", i);
}

static void a_topic_of_the_same_name_neither_sees_nor_loses_subscriptions(void **state)
{
    struct room *r = *state;
    subscribe(r, 600);
    watch(r, "sns.subscription");
    ask(r, "sns", "DeleteTopic", "{" NEWS "}");
    assert_int_equal(watched.most, 0);
    subscribe(r, 0);
    assert_int_equal(count_at(ask(r, "sns", "ListSubscriptionsByTopic", "{" NEWS "}"), "Subscriptions"), 0);
    subscribe(r, 3);
    world_drop(r->world); /* as after a restart, before all is swept */
    assert_int_equal(count_at(ask(r, "sns", "ListSubscriptionsByTopic", "{" NEWS "}"), "Subscriptions"), 3);
    sweep_all(r);
    assert_int_equal(watched.most, STORE_PORTION_ROWS);
    assert_int_equal(watched.rows, 3);
}

/* --- what is handed out */

/* As the loop does, until everything that is due has happened; returns how many rounds it took. */
static int let_it_happen(struct room *r)
{
    int rounds = 0;
    int64_t due, now = clock_now(&r->world->clock);
    for (; timers_next(r->world->timers, true, &due) && due <= now && rounds < 1000; rounds++)
        room_advance(r, 0);
    return rounds;
}

/* Queues q0 to q(n-1), each with a subscription: "%d" in `attributes` is its number. */
static void listen(struct room *r, int n, const char *attributes)
{
    ask(r, "sns", "CreateTopic", "{'Name':'news'}");
    for (int i = 0; i < n; i++) {
        char filled[200];
        snprintf(filled, sizeof(filled), attributes, i);
        ask(r, "sqs", "CreateQueue", "{'QueueName':'q%d'}", i);
        ask(r, "sns", "Subscribe",
            "{" NEWS
            ",'Protocol':'sqs','Endpoint':'arn:aws:sqs:us-east-1:000000000000:q%d','Attributes':{%s}}",
            i, filled);
    }
}

static int waiting_in(struct room *r, int queue)
{
    const cJSON *out =
        ask(r, "sqs", "GetQueueAttributes", "{'QueueUrl':'" URL "q%d','AttributeNames':['All']}", queue);
    return atoi(text_at(out, "Attributes.ApproximateNumberOfMessages"));
}

static void each_has_one(struct room *r, int from, int to)
{
    for (int i = from; i < to; i++)
        assert_int_equal(waiting_in(r, i), 1);
}

static const char *big_text(void)
{
    static char text[10001];
    memset(text, 'x', sizeof(text) - 1);
    return text;
}

static void a_publish_is_handed_out_and_delivered_in_portions(void **state)
{
    struct room *r = *state;
    listen(r, 300, "");
    watch(r, "outbox");
    ask(r, "sns", "Publish", "{" NEWS ",'Message':'%s'}", big_text());
    assert_in_range(rows_of(r->world->store, "outbox"), 1,
                    90); /* 13,000 steps each, and the row of the rest */
    assert_true(let_it_happen(r) >= 3);
    assert_true(watched.worked < CALL_WORK * 3 / 2); /* the last step of a turn may go beyond */
    assert_int_equal(rows_of(r->world->store, "outbox"), 0);
    each_has_one(r, 0, 300);
}

static void several_publishers_share_the_portion_of_a_turn(void **state)
{
    struct room *r = *state;
    listen(r, 50, "");
    watch(r, "outbox");
    for (int i = 0; i < 8; i++) {
        struct call *c = door_open(r->world, NULL, "sns", "Publish");
        c->in = cJSON_Parse("{\"TopicArn\":\"arn:aws:sns:us-east-1:000000000000:news\"}");
        cJSON_AddStringToObject(c->in, "Message", big_text());
        door_send(c);
    }
    turn_run(r->world->turn);
    let_it_happen(r);
    assert_true(watched.worked < CALL_WORK * 3 / 2);
    for (int i = 0; i < 50; i++)
        assert_int_equal(waiting_in(r, i), 8);
}

/* A body of 10,000 values and a hundred filters: some four million steps. */
static void the_filters_of_many_subscriptions_are_asked_in_portions(void **state)
{
    struct room *r = *state;
    listen(r, 100, "'FilterPolicyScope':'MessageBody','FilterPolicy':'{\\'a\\':{\\'b\\':[%d]}}'");
    struct buf body;
    buf_init(&body, 1u << 20);
    for (int i = 0; i < 10000; i++)
        buf_printf(&body, "%s{\\'b\\':%d}", i ? "," : "", i % 50);
    watch(r, "outbox");
    ask(r, "sns", "Publish", "{" NEWS ",'Message':'{\\'a\\':[%.*s]}'}", (int)body.n, body.p);
    buf_release(&body);
    assert_true(let_it_happen(r) >= 3);
    assert_true(watched.worked < CALL_WORK * 3 / 2);
    each_has_one(r, 0, 50);
    for (int i = 50; i < 100; i++)
        assert_int_equal(waiting_in(r, i), 0);
}

/* FanOut finds another topic of the name: those who were not served yet are not of it. */
static void of_a_topic_that_is_deleted_meanwhile_the_rest_gets_nothing(void **state)
{
    struct room *r = *state;
    listen(r, 300, "");
    ask(r, "sns", "Publish", "{" NEWS ",'Message':'%s'}", big_text());
    ask(r, "sns", "DeleteTopic", "{" NEWS "}");
    listen(r, 300, "");
    let_it_happen(r);
    assert_int_equal(waiting_in(r, 0), 1);
    assert_int_equal(waiting_in(r, 299), 0);
    assert_int_equal(rows_of(r->world->store, "outbox"), 0);
}

/* The process ends between two portions: nobody is left out, nobody is served twice, and who subscribed or
 * left meanwhile does not disturb. */
static void after_a_restart_a_publish_is_handed_out_to_the_rest(void **state)
{
    (void)state;
    struct room r;
    char folder[] = "/tmp/tidepool-portions-XXXXXX", command[64];
    assert_non_null(mkdtemp(folder));
    room_open_at(&r, services, folder);
    listen(&r, 300, "");
    struct call *c = door_open(r.world, NULL, "sns", "Publish");
    c->in = cJSON_Parse("{\"TopicArn\":\"arn:aws:sns:us-east-1:000000000000:news\"}");
    cJSON_AddStringToObject(c->in, "Message", big_text());
    door_send(c);
    turn_run(r.world->turn); /* and no timer: the rest waits */
    assert_in_range(rows_of(r.world->store, "outbox"), 1, 299);
    room_close(&r);
    room_open_at(&r, services, folder);
    const cJSON *out = ask(&r, "sns", "ListSubscriptionsByTopic", "{" NEWS "}");
    assert_string_equal(text_at(out, "Subscriptions.99.Endpoint"), "arn:aws:sqs:us-east-1:000000000000:q99");
    char *last = xstrdup(text_at(out, "Subscriptions.99.SubscriptionArn"));
    ask(&r, "sns", "Unsubscribe", "{'SubscriptionArn':'%s'}", last);
    free(last);
    let_it_happen(&r);
    each_has_one(&r, 0, 99);
    each_has_one(&r, 100, 300);
    room_close(&r);
    snprintf(command, sizeof(command), "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
}

static void a_reset_is_done_at_once_and_the_old_state_goes_in_portions(void **state)
{
    struct room *r = *state;
    send(r, 600);
    watch(r, "sqs.message");
    ask(r, "tidepool", "Reset", "{}");
    clock_freeze(&r->world->clock);
    refused(r, "QueueDoesNotExist", "sqs", "ReceiveMessage", "{" JOBS "}");
    ask(r, "sqs", "CreateQueue", "{'QueueName':'jobs'}");
    send(r, 2);
    int rounds = 0;
    for (int64_t due; timers_next(r->world->timers, false, &due) && rounds < 100; rounds++)
        room_advance(r, 0);
    assert_in_range(rounds, 4, 20); /* 600 rows in two tables' portions */
    assert_int_equal(rows_of(r->world->store, "sqs.message"), 2);
}

/* The queue with the highest number is deleted, and the process ends before its messages are swept: the next
 * queue has another number, and the next process goes on sweeping. */
static void after_a_restart_sweeping_goes_on_and_no_number_comes_twice(void **state)
{
    (void)state;
    struct room r;
    char folder[] = "/tmp/tidepool-portions-XXXXXX", command[64];
    assert_non_null(mkdtemp(folder));
    room_open_at(&r, services, folder);
    ask(&r, "sqs", "CreateQueue", "{'QueueName':'jobs'}");
    send(&r, 600);
    ask(&r, "sqs", "DeleteQueue", "{" JOBS "}");
    room_close(&r);
    room_open_at(&r, services, folder);
    ask(&r, "sqs", "CreateQueue", "{'QueueName':'jobs'}");
    send(&r, 3);
    watch(&r, "sqs.message");
    assert_in_range(watched.rows, 4, 603);
    sweep_all(&r);
    assert_int_equal(watched.rows, 3);
    assert_string_equal(text_at(ask(&r, "sqs", "ReceiveMessage", "{" JOBS "}"), "Messages.0.Body"), "0");
    room_close(&r);
    snprintf(command, sizeof(command), "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define PORTION_TEST(f) cmocka_unit_test_setup_teardown(f, setup, room_teardown)
        PORTION_TEST(a_receive_passes_over_expired_messages_in_portions),
        PORTION_TEST(several_receivers_share_the_portion_of_a_turn),
        PORTION_TEST(counting_messages_sweeps_expired_ones_in_portions),
        PORTION_TEST(counting_messages_looks_at_those_in_flight_alone),
        PORTION_TEST(many_messages_go_to_the_dead_letter_queue_in_portions),
        PORTION_TEST(a_long_poll_that_found_only_expired_messages_waits_on),
        PORTION_TEST(a_purged_queue_is_empty_at_once_and_its_messages_go_in_portions),
        PORTION_TEST(a_queue_of_the_same_name_neither_sees_nor_loses_messages),
        PORTION_TEST(a_table_of_the_same_name_neither_sees_nor_loses_items),
        PORTION_TEST(a_deleted_index_goes_in_portions),
        PORTION_TEST(a_topic_of_the_same_name_neither_sees_nor_loses_subscriptions),
        PORTION_TEST(a_scan_with_a_long_filter_goes_in_portions),
        PORTION_TEST(a_query_backwards_goes_in_portions_in_its_order),
        PORTION_TEST(a_large_batch_is_written_in_portions_that_others_see),
        PORTION_TEST(the_records_of_a_large_batch_are_in_its_order),
        PORTION_TEST(of_a_table_that_is_deleted_meanwhile_the_rest_is_handed_back),
        PORTION_TEST(of_a_table_that_loses_an_index_meanwhile_the_rest_is_handed_back),
        PORTION_TEST(a_small_batch_is_one_turn),
        PORTION_TEST(a_scan_of_a_table_that_is_replaced_meanwhile_finds_it_gone),
        PORTION_TEST(a_publish_is_handed_out_and_delivered_in_portions),
        PORTION_TEST(several_publishers_share_the_portion_of_a_turn),
        PORTION_TEST(the_filters_of_many_subscriptions_are_asked_in_portions),
        PORTION_TEST(of_a_topic_that_is_deleted_meanwhile_the_rest_gets_nothing),
        cmocka_unit_test(after_a_restart_a_publish_is_handed_out_to_the_rest),
        PORTION_TEST(a_reset_is_done_at_once_and_the_old_state_goes_in_portions),
        cmocka_unit_test(after_a_restart_sweeping_goes_on_and_no_number_comes_twice),
    };
    return cmocka_run_group_tests_name("portions", tests, NULL, NULL);
}
