/* DynamoDB Streams through the door: which writes leave records, what they say, and how long they stay. */
#include "control/control.h"
#include "dynamodb/dynamodb.h"
#include "room.h"

static const struct service *const services[] = {&dynamodb_service, &dynamodbstreams_service,
                                                 &control_service, NULL};

#define DB "dynamodb"
#define STREAMS "dynamodbstreams"
#define HOUR (3600 * 1000LL)

struct streams {
    struct room room; /* first, so that ask(&s->room ...) */
    char arn[200], shard[80], iterator[400];
};

static void set_stream(struct streams *s, const char *spec)
{
    const cJSON *u =
        ask(&s->room, DB, "UpdateTable", "{'TableName':'Orders','StreamSpecification':%s}", spec);
    snprintf(s->arn, sizeof s->arn, "%s", text_at(u, "TableDescription.LatestStreamArn"));
}

static void find_shard(struct streams *s)
{
    const cJSON *d = ask(&s->room, STREAMS, "DescribeStream", "{'StreamArn':'%s'}", s->arn);
    snprintf(s->shard, sizeof s->shard, "%s", text_at(d, "StreamDescription.Shards.0.ShardId"));
}

static void begin(struct streams *s, const char *type)
{
    const cJSON *i =
        ask(&s->room, STREAMS, "GetShardIterator",
            "{'StreamArn':'%s','ShardId':'%s','ShardIteratorType':'%s'}", s->arn, s->shard, type);
    snprintf(s->iterator, sizeof s->iterator, "%s", text_at(i, "ShardIterator"));
}

/* The next records; the iterator moves on. */
static const cJSON *records(struct streams *s)
{
    const cJSON *g = ask(&s->room, STREAMS, "GetRecords", "{'ShardIterator':'%s'}", s->iterator);
    snprintf(s->iterator, sizeof s->iterator, "%s", text_at(g, "NextShardIterator"));
    return g;
}

static int setup(void **state)
{
    struct streams *s = calloc(1, sizeof *s);
    room_open(&s->room, services);
    ask(&s->room, DB, "CreateTable",
        "{'TableName':'Orders','KeySchema':[{'AttributeName':'id','KeyType':'HASH'}],'BillingMode':'PAY_PER_"
        "REQUEST',"
        "'AttributeDefinitions':[{'AttributeName':'id','AttributeType':'S'}]}");
    set_stream(s, "{'StreamEnabled':true,'StreamViewType':'NEW_AND_OLD_IMAGES'}");
    find_shard(s);
    begin(s, "TRIM_HORIZON");
    *state = s;
    return 0;
}

static void put(struct streams *s, const char *id, const char *total)
{
    ask(&s->room, DB, "PutItem", "{'TableName':'Orders','Item':{'id':{'S':'%s'},'amount':{'N':'%s'}}}", id,
        total);
}

static void each_change_leaves_one_record(void **state)
{
    struct streams *s = *state;
    put(s, "a", "1");
    put(s, "a", "1.0"); /* the same: no record */
    put(s, "a", "2");
    ask(&s->room, DB, "UpdateItem",
        "{'TableName':'Orders','Key':{'id':{'S':'a'}},'UpdateExpression':'SET amount = "
        ":t','ExpressionAttributeValues':"
        "{':t':{'N':'2'}}}");                                                         /* the same again */
    ask(&s->room, DB, "UpdateItem", "{'TableName':'Orders','Key':{'id':{'S':'b'}}}"); /* an upsert */
    ask(&s->room, DB, "DeleteItem", "{'TableName':'Orders','Key':{'id':{'S':'a'}}}");
    ask(&s->room, DB, "DeleteItem", "{'TableName':'Orders','Key':{'id':{'S':'nobody'}}}");
    ask(&s->room, DB, "BatchWriteItem",
        "{'RequestItems':{'Orders':[{'PutRequest':{'Item':{'id':{'S':'b'}}}},{'PutRequest':{'Item':{'id':{'S'"
        ":'c'}}}}]}}");
    const cJSON *g = records(s);
    const char *names[] = {"INSERT", "MODIFY", "INSERT", "REMOVE", "INSERT"};
    assert_int_equal(count_at(g, "Records"), 5);
    char last[32] = "";
    for (int i = 0; i < 5; i++) {
        char path[80];
        snprintf(path, sizeof path, "Records.%d.eventName", i);
        assert_string_equal(text_at(g, path), names[i]);
        snprintf(path, sizeof path, "Records.%d.dynamodb.SequenceNumber", i);
        assert_true(strcmp(text_at(g, path), last) > 0);
        snprintf(last, sizeof last, "%s", text_at(g, path));
    }
    assert_int_equal(count_at(records(s), "Records"), 0);
}

/* There is nothing to take from: no item, no attributes, no record. */
static void taking_away_from_no_item_makes_none(void **state)
{
    struct streams *s = *state;
    const char *takes[] = {"REMOVE a", "REMOVE a.b, l[3]", "DELETE z :z", "DELETE m.z :z REMOVE a"};
    const char *answers[] = {"ALL_NEW", "UPDATED_NEW", "ALL_OLD", "UPDATED_OLD"};
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) {
            const cJSON *u =
                ask(&s->room, DB, "UpdateItem",
                    "{'TableName':'Orders','Key':{'id':{'S':'x'}},'UpdateExpression':'%s',"
                    "'ReturnValues':'%s','ReturnConsumedCapacity':'TOTAL'%s}",
                    takes[i], answers[j], i < 2 ? "" : ",'ExpressionAttributeValues':{':z':{'SS':['q']}}");
            assert_null(at(u, "Attributes"));
            assert_int_equal(at(u, "ConsumedCapacity.CapacityUnits")->valuedouble, 1);
        }
    assert_null(at(ask(&s->room, DB, "GetItem", "{'TableName':'Orders','Key':{'id':{'S':'x'}}}"), "Item"));
    assert_int_equal(
        at(ask(&s->room, DB, "DescribeTable", "{'TableName':'Orders'}"), "Table.ItemCount")->valuedouble, 0);
    refused(&s->room, "ConditionalCheckFailedException", DB, "UpdateItem",
            "{'TableName':'Orders','Key':{'id':{'S':'x'}},'UpdateExpression':'REMOVE a',"
            "'ConditionExpression':'attribute_exists(id)'}");
    assert_int_equal(count_at(records(s), "Records"), 0);
    ask(&s->room, DB, "UpdateItem",
        "{'TableName':'Orders','Key':{'id':{'S':'x'}},'UpdateExpression':'REMOVE a SET b = :b',"
        "'ExpressionAttributeValues':{':b':{'S':'y'}}}");
    assert_string_equal(text_at(records(s), "Records.0.eventName"), "INSERT");
}

static void a_record_says_what_changed(void **state)
{
    struct streams *s = *state;
    put(s, "a", "1");
    put(s, "a", "2");
    const cJSON *r = at(records(s), "Records.1");
    assert_int_equal(strlen(text_at(r, "eventID")), 32);
    assert_string_equal(text_at(r, "eventVersion"), "1.1");
    assert_string_equal(text_at(r, "eventSource"), "aws:dynamodb");
    assert_string_equal(text_at(r, "awsRegion"), "us-east-1");
    assert_true(at(r, "dynamodb.ApproximateCreationDateTime")->valuedouble == (double)(ROOM_NOON / 1000));
    assert_string_equal(text_at(r, "dynamodb.Keys.id.S"), "a");
    assert_string_equal(text_at(r, "dynamodb.NewImage.amount.N"), "2");
    assert_string_equal(text_at(r, "dynamodb.OldImage.amount.N"), "1");
    assert_int_equal(strlen(text_at(r, "dynamodb.SequenceNumber")), 21);
    assert_string_equal(text_at(r, "dynamodb.StreamViewType"), "NEW_AND_OLD_IMAGES");
    assert_int_equal(at(r, "dynamodb.SizeBytes")->valueint, 3 + 2 * (3 + 6 + 2)); /* key, two images */
    assert_null(at(r, "_Causes"));
}

static void views_carry_what_they_are_named_for(void **state)
{
    struct streams *s = *state;
    const struct {
        const char *view;
        bool new_image, old_image;
    } rows[] = {{"KEYS_ONLY", false, false}, {"NEW_IMAGE", true, false}, {"OLD_IMAGE", false, true}};
    for (int i = 0; i < 3; i++) {
        char spec[100], id[2] = {(char)('x' + i), 0};
        put(s, id, "1");
        set_stream(s, "{'StreamEnabled':false}");
        snprintf(spec, sizeof spec, "{'StreamEnabled':true,'StreamViewType':'%s'}", rows[i].view);
        set_stream(s, spec);
        find_shard(s);
        begin(s, "TRIM_HORIZON");
        put(s, id, "2");
        const cJSON *r = at(records(s), "Records.0.dynamodb");
        assert_string_equal(text_at(r, "Keys.id.S"), id);
        assert_int_equal(at(r, "NewImage") != NULL, rows[i].new_image);
        assert_int_equal(at(r, "OldImage") != NULL, rows[i].old_image);
    }
}

static void iterators_begin_where_they_are_told(void **state)
{
    struct streams *s = *state;
    char second[32];
    put(s, "a", "1");
    put(s, "a", "2");
    put(s, "a", "3");
    snprintf(second, sizeof second, "%s", text_at(records(s), "Records.1.dynamodb.SequenceNumber"));
    const struct {
        const char *type;
        int count;
    } rows[] = {{"AT_SEQUENCE_NUMBER", 2}, {"AFTER_SEQUENCE_NUMBER", 1}};
    for (int i = 0; i < 2; i++) {
        const cJSON *it =
            ask(&s->room, STREAMS, "GetShardIterator",
                "{'StreamArn':'%s','ShardId':'%s','ShardIteratorType':'%s','SequenceNumber':'%s'}", s->arn,
                s->shard, rows[i].type, second);
        snprintf(s->iterator, sizeof s->iterator, "%s", text_at(it, "ShardIterator"));
        assert_int_equal(count_at(records(s), "Records"), rows[i].count);
    }
    begin(s, "LATEST");
    assert_int_equal(count_at(records(s), "Records"), 0);
    put(s, "a", "4");
    assert_int_equal(count_at(records(s), "Records"), 1);
    begin(s, "TRIM_HORIZON");
    const cJSON *g = ask(&s->room, STREAMS, "GetRecords", "{'ShardIterator':'%s','Limit':3}", s->iterator);
    assert_int_equal(count_at(g, "Records"), 3);
    refused(&s->room, "ValidationException", STREAMS, "GetRecords", "{'ShardIterator':'nonsense'}");
    refused(
        &s->room, "ResourceNotFoundException", STREAMS, "GetShardIterator",
        "{'StreamArn':'%s','ShardId':'shardId-00000000000000000000-00000000','ShardIteratorType':'LATEST'}",
        s->arn);
}

static void iterators_expire_and_records_are_trimmed(void **state)
{
    struct streams *s = *state;
    put(s, "a", "1");
    room_advance(&s->room, 16 * 60 * 1000);
    refused(&s->room, "ExpiredIteratorException", STREAMS, "GetRecords", "{'ShardIterator':'%s'}",
            s->iterator);
    begin(s, "TRIM_HORIZON");
    char first[32];
    snprintf(first, sizeof first, "%s", text_at(records(s), "Records.0.dynamodb.SequenceNumber"));
    room_advance(&s->room, 23 * HOUR + 30 * 60 * 1000);
    put(s, "a", "2");
    begin(s, "TRIM_HORIZON");
    room_advance(&s->room, 14 * 60 * 1000 + 59 * 1000); /* the first record is a day old now */
    refused(&s->room, "TrimmedDataAccessException", STREAMS, "GetRecords", "{'ShardIterator':'%s'}",
            s->iterator);
    refused(
        &s->room, "TrimmedDataAccessException", STREAMS, "GetShardIterator",
        "{'StreamArn':'%s','ShardId':'%s','ShardIteratorType':'AT_SEQUENCE_NUMBER','SequenceNumber':'%s'}",
        s->arn, s->shard, first);
    begin(s, "TRIM_HORIZON");
    assert_int_equal(count_at(records(s), "Records"), 1);
    world_drop(s->room.world); /* the floor is in the store */
    begin(s, "TRIM_HORIZON");
    assert_int_equal(count_at(records(s), "Records"), 1);
}

static void numbers_go_on_after_everything_was_trimmed(void **state)
{
    struct streams *s = *state;
    put(s, "a", "1");
    char first[32], next[32];
    snprintf(first, sizeof first, "%s", text_at(records(s), "Records.0.dynamodb.SequenceNumber"));
    room_advance(&s->room, 25 * HOUR);
    begin(s, "TRIM_HORIZON");
    assert_int_equal(count_at(records(s), "Records"), 0);
    world_drop(s->room.world);
    put(s, "a", "2");
    snprintf(next, sizeof next, "%s", text_at(records(s), "Records.0.dynamodb.SequenceNumber"));
    assert_true(strcmp(next, first) > 0);
}

static void a_new_stream_has_a_new_name_and_the_old_one_lives_a_day(void **state)
{
    struct streams *s = *state;
    char old[200], shard[80];
    put(s, "a", "1");
    snprintf(old, sizeof old, "%s", s->arn);
    snprintf(shard, sizeof shard, "%s", s->shard);
    refused(
        &s->room, "ResourceInUseException", DB, "UpdateTable",
        "{'TableName':'Orders','StreamSpecification':{'StreamEnabled':true,'StreamViewType':'KEYS_ONLY'}}");
    set_stream(s, "{'StreamEnabled':false}");
    refused(&s->room, "ValidationException", DB, "UpdateTable",
            "{'TableName':'Orders','StreamSpecification':{'StreamEnabled':false}}");
    assert_int_equal(count_at(records(s), "Records"), 1);
    assert_string_equal(s->iterator, "(nothing)"); /* the end of a closed shard */
    set_stream(s, "{'StreamEnabled':true,'StreamViewType':'KEYS_ONLY'}");
    assert_string_not_equal(s->arn, old);
    assert_int_equal(count_at(ask(&s->room, STREAMS, "ListStreams", "{'TableName':'Orders'}"), "Streams"), 2);
    assert_string_equal(
        refused(&s->room, "ValidationException", STREAMS, "ListStreams",
                "{'ExclusiveStartStreamArn':'arn:aws:dynamodb:us-east-1:000000000000:table/Orders'}"),
        "Invalid StreamArn");
    const cJSON *d = ask(&s->room, STREAMS, "DescribeStream", "{'StreamArn':'%s'}", old);
    assert_string_equal(text_at(d, "StreamDescription.StreamStatus"), "DISABLED");
    assert_non_null(at(d, "StreamDescription.Shards.0.SequenceNumberRange.EndingSequenceNumber"));
    ask(&s->room, DB, "DeleteTable", "{'TableName':'Orders'}");
    room_advance(&s->room, 23 * HOUR);
    assert_int_equal(count_at(ask(&s->room, STREAMS, "ListStreams", "{}"), "Streams"), 2);
    room_advance(&s->room, 2 * HOUR);
    assert_int_equal(count_at(ask(&s->room, STREAMS, "ListStreams", "{}"), "Streams"), 0);
    refused(&s->room, "ResourceNotFoundException", STREAMS, "DescribeStream", "{'StreamArn':'%s'}", old);
}

/* A second spelling once made a second stream in memory: records went to one and were read from the other. */
static void another_spelling_of_a_stream_is_none(void **state)
{
    struct streams *s = *state;
    const char *rest = s->arn + strlen("arn:aws");
    static const char *const bad[] = {"arn:aws-cn", "arn:AWS", "arn:", "aws"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_string_equal(refused(&s->room, "ValidationException", STREAMS, "DescribeStream",
                                    "{'StreamArn':'%s%s'}", bad[i], rest),
                            "Invalid StreamArn");
    refused(&s->room, "ValidationException", STREAMS, "GetShardIterator",
            "{'StreamArn':'arn:aws-cn%s','ShardId':'%s','ShardIteratorType':'LATEST'}", rest, s->shard);
    ask(&s->room, DB, "PutItem", "{'TableName':'Orders','Item':{'id':{'S':'1'}}}");
    assert_int_equal(count_at(records(s), "Records"), 1);
    assert_string_equal(
        refused(&s->room, "ResourceNotFoundException", STREAMS, "DescribeStream",
                "{'StreamArn':'arn:aws:dynamodb:us-east-1:000000000000:table/No/stream/2026'}"),
        "Requested resource not found: Stream: "
        "arn:aws:dynamodb:us-east-1:000000000000:table/No/stream/2026 not found");
}

struct ear {
    struct note_listener listener;
    int heard;
};

static void heard(struct note_listener *l, struct str arn)
{
    (void)arn;
    ((struct ear *)l)->heard++;
}

/* Triggers are told by a note, and hear what caused a record. */
static void triggers_hear_of_records_and_their_causes(void **state)
{
    struct streams *s = *state;
    struct ear ear = {.listener = {.heard = heard}};
    char id[IDENT_UUID_SIZE], trace[TRACE_ID_SIZE];
    note_listen(s->room.world, &ear.listener, str_z(s->arn));
    put(s, "a", "1");
    put(s, "a", "1");
    refused(
        &s->room, "ConditionalCheckFailedException", DB, "PutItem",
        "{'TableName':'Orders','Item':{'id':{'S':'a'}},'ConditionExpression':'attribute_not_exists(id)'}");
    assert_int_equal(ear.heard, 1);
    note_unlisten(s->room.world, &ear.listener);
    put(s, "b", "1");
    snprintf(id, sizeof id, "%s", s->room.last->request_id);
    snprintf(trace, sizeof trace, "%s", s->room.last->trace_id);
    struct call *c = door_open(s->room.world, NULL, STREAMS, "GetRecords");
    c->from = CALL_TRIGGER;
    cJSON_AddStringToObject(c->in = cJSON_CreateObject(), "ShardIterator", s->iterator);
    door_wait(c);
    assert_null(c->fault);
    assert_string_equal(text_at(c->out, "Records.1._Causes"), id);
    assert_string_equal(text_at(c->out, "Records.1._TraceId"), trace);
    call_free(c);
}

/* A record is found by its writer's id, by its own, and, the newest, by its item. */
static void why_finds_records_by_what_the_store_knows(void **state)
{
    struct streams *s = *state;
    char id[IDENT_UUID_SIZE], event[40], line[80];
    put(s, "a b", "1");
    room_advance(&s->room, 1);
    put(s, "a b", "2");
    snprintf(id, sizeof id, "%s", s->room.last->request_id);
    put(s, "c", "1");
    snprintf(event, sizeof event, "%s", text_at(records(s), "Records.1.eventID"));
    snprintf(line, sizeof line, "stream record %s in Orders", event);
    room_forget_events(&s->room);
    const char *asked[] = {id, event, "Orders/a%20b"};
    for (int i = 0; i < 3; i++) {
        const cJSON *tree = ask(&s->room, "tidepool", "Why", "{'id':'%s'}", asked[i]);
        assert_string_equal(text_at(tree, "id"), id);
        assert_string_equal(text_at(tree, "stored.0"), line);
        assert_int_equal(count_at(tree, "stored"), 1);
    }
    refused(&s->room, "NotFound", "tidepool", "Why", "{'id':'Orders/b'}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, room_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_change_leaves_one_record),
        TEST(taking_away_from_no_item_makes_none),
        TEST(a_record_says_what_changed),
        TEST(views_carry_what_they_are_named_for),
        TEST(iterators_begin_where_they_are_told),
        TEST(iterators_expire_and_records_are_trimmed),
        TEST(numbers_go_on_after_everything_was_trimmed),
        TEST(a_new_stream_has_a_new_name_and_the_old_one_lives_a_day),
        TEST(another_spelling_of_a_stream_is_none),
        TEST(triggers_hear_of_records_and_their_causes),
        TEST(why_finds_records_by_what_the_store_knows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
