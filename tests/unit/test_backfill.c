/* A global index that is added to a table with many items: filled in portions, with defined answers
 * meanwhile. */
#include "control/control.h"
#include "dynamodb/backfill.h"
#include "dynamodb/dynamodb.h"
#include "room.h"
#include <unistd.h>

static const struct service *const services[] = {&dynamodb_service, &dynamodbstreams_service,
                                                 &control_service, NULL};

#define DB "dynamodb"
#define MANY (3 * BACKFILL_ROWS + 200)

static const char add_index[] =
    "{'TableName':'Items','AttributeDefinitions':[{'AttributeName':'g','AttributeType':'S'}],"
    "'GlobalSecondaryIndexUpdates':[{'Create':{'IndexName':'byG','KeySchema':[{'AttributeName':'g',"
    "'KeyType':'HASH'}],'Projection':{'ProjectionType':'KEYS_ONLY'}}}]}";
static const char drop_index[] =
    "{'TableName':'Items','GlobalSecondaryIndexUpdates':[{'Delete':{'IndexName':'byG'}}]}";

static void make_items(struct room *r, int n)
{
    ask(r, DB, "CreateTable",
        "{'TableName':'Items','KeySchema':[{'AttributeName':'id','KeyType':'HASH'}],'BillingMode':"
        "'PAY_PER_REQUEST','AttributeDefinitions':[{'AttributeName':'id','AttributeType':'S'}]}");
    for (int i = 0; i < n; i += 25) {
        struct buf b;
        buf_init(&b, 1u << 16);
        for (int j = i; j < i + 25 && j < n; j++)
            buf_printf(&b, "%s{'PutRequest':{'Item':{'id':{'S':'i%d'},'g':{'S':'g%d'}}}}", j > i ? "," : "",
                       j, j % 7);
        ask(r, DB, "BatchWriteItem", "{'RequestItems':{'Items':[%s]}}", buf_zstr(&b));
        buf_release(&b);
    }
}

static int setup(void **state)
{
    *state = room_new(services);
    return 0;
}

/* --- what the table says */

static const cJSON *described(struct room *r)
{
    return at(ask(r, DB, "DescribeTable", "{'TableName':'Items'}"), "Table");
}

static bool is_filling(struct room *r)
{
    const cJSON *t = described(r), *mark = at(t, "GlobalSecondaryIndexes.0.Backfilling");
    assert_string_equal(text_at(t, "TableStatus"), "ACTIVE");
    assert_string_equal(text_at(t, "GlobalSecondaryIndexes.0.IndexStatus"), mark ? "CREATING" : "ACTIVE");
    assert_true(!mark || cJSON_IsTrue(mark));
    return mark;
}

static int entries(struct room *r)
{
    return (int)at(described(r), "GlobalSecondaryIndexes.0.ItemCount")->valuedouble;
}

/* One turn of the backfill, as the loop gives it. */
static void next_portion(struct room *r)
{
    room_advance(r, 0);
}

static void finish(struct room *r)
{
    for (int turns = 0; is_filling(r); turns++) {
        assert_true(turns < 1000);
        next_portion(r);
    }
}

/* How many items a scan with this filter finds, in the table or an index. */
static int scanned(struct room *r, const char *more)
{
    int n = 0;
    char start[300] = "";
    for (;;) {
        const cJSON *s = ask(r, DB, "Scan", "{'TableName':'Items'%s%s}", more, start);
        n += (int)at(s, "Count")->valuedouble;
        const cJSON *last = at(s, "LastEvaluatedKey");
        if (!last)
            return n;
        char *key = cJSON_PrintUnformatted(last);
        snprintf(start, sizeof start, ",'ExclusiveStartKey':%s", key);
        cJSON_free(key);
    }
}

/* --- */

static void an_index_is_filled_in_portions_and_not_read_meanwhile(void **state)
{
    struct room *r = *state;
    make_items(r, MANY);
    const cJSON *u = at(ask(r, DB, "UpdateTable", "%s", add_index), "TableDescription");
    assert_string_equal(text_at(u, "TableStatus"), "UPDATING");
    assert_string_equal(text_at(u, "GlobalSecondaryIndexes.0.IndexStatus"), "CREATING");
    assert_true(cJSON_IsFalse(at(u, "GlobalSecondaryIndexes.0.Backfilling")));
    int before = 0, portions = 0;
    for (; is_filling(r); portions++) {
        int now = entries(r);
        assert_true(now - before <= BACKFILL_ROWS);
        before = now;
        assert_string_equal(
            refused(r, "ValidationException", DB, "Query",
                    "{'TableName':'Items','IndexName':'byG','KeyConditionExpression':'g = :g',"
                    "'ExpressionAttributeValues':{':g':{'S':'g1'}}}"),
            "Cannot read from backfilling global secondary index: byG");
        refused(r, "ValidationException", DB, "Scan", "{'TableName':'Items','IndexName':'byG'}");
        next_portion(r);
    }
    assert_true(portions >= MANY / BACKFILL_ROWS);
    assert_int_equal(entries(r), MANY);
    assert_int_equal(scanned(r, ",'IndexName':'byG'"), MANY);
}

static void large_items_make_small_portions(void **state)
{
    struct room *r = *state;
    char *text = calloc(1, 300001);
    memset(text, 'x', 300000);
    make_items(r, 0);
    for (int i = 0; i < 9; i++)
        ask(r, DB, "PutItem", "{'TableName':'Items','Item':{'id':{'S':'%d'},'g':{'S':'g'},'t':{'S':'%s'}}}",
            i, text);
    free(text);
    ask(r, DB, "UpdateTable", "%s", add_index);
    assert_true(is_filling(r));
    assert_int_equal(entries(r), 4);
    finish(r);
    assert_int_equal(entries(r), 9);
}

static void a_small_table_has_its_index_at_once(void **state)
{
    struct room *r = *state;
    make_items(r, 10);
    const cJSON *u = ask(r, DB, "UpdateTable", "%s", add_index);
    assert_string_equal(text_at(u, "TableDescription.GlobalSecondaryIndexes.0.IndexStatus"), "CREATING");
    assert_false(is_filling(r));
    assert_int_equal(scanned(r, ",'IndexName':'byG'"), 10);
}

/* Items on both sides of the backfill come, change their key, lose it and go. */
static void writes_meanwhile_keep_the_index_right(void **state)
{
    struct room *r = *state;
    make_items(r, MANY);
    ask(r, DB, "UpdateTable", "%s", add_index);
    for (int i = 0; i < 200 && is_filling(r); i++) {
        if (i % 40 == 0)
            next_portion(r);
        ask(r, DB, "PutItem", "{'TableName':'Items','Item':{'id':{'S':'new%d'},'g':{'S':'n'}}}", i);
        ask(r, DB, "UpdateItem",
            "{'TableName':'Items','Key':{'id':{'S':'i%d'}},'UpdateExpression':'SET g = :g',"
            "'ExpressionAttributeValues':{':g':{'S':'moved'}}}",
            i);
        ask(r, DB, "UpdateItem",
            "{'TableName':'Items','Key':{'id':{'S':'i%d'}},'UpdateExpression':'REMOVE g'}", 200 + i);
        ask(r, DB, "DeleteItem", "{'TableName':'Items','Key':{'id':{'S':'i%d'}}}", 400 + i);
    }
    finish(r);
    const char *filters[] = {
        ",'FilterExpression':'g = :g','ExpressionAttributeValues':{':g':{'S':'moved'}}",
        ",'FilterExpression':'g = :g','ExpressionAttributeValues':{':g':{'S':'n'}}",
        ",'FilterExpression':'attribute_exists(g)'",
    };
    for (int i = 0; i < 3; i++) {
        char of_index[200];
        snprintf(of_index, sizeof of_index, ",'IndexName':'byG'%s", filters[i]);
        assert_true(scanned(r, filters[i]) > 0);
        assert_int_equal(scanned(r, of_index), scanned(r, filters[i]));
    }
    int kept = entries(r);
    assert_int_equal(kept, scanned(r, ",'IndexName':'byG'"));
    world_drop(r->world); /* and counted anew */
    assert_int_equal(entries(r), kept);
}

static void other_changes_wait_or_are_let_in(void **state)
{
    struct room *r = *state;
    make_items(r, MANY);
    ask(r, DB, "UpdateTable", "%s", add_index);
    assert_string_equal(refused(r, "LimitExceededException", DB, "UpdateTable",
                                "{'TableName':'Items','AttributeDefinitions':[{'AttributeName':'h',"
                                "'AttributeType':'S'}],'GlobalSecondaryIndexUpdates':[{'Create':{'IndexName':"
                                "'byH','KeySchema':[{'AttributeName':'h','KeyType':'HASH'}],'Projection':{"
                                "'ProjectionType':'ALL'}}}]}"),
                        "Subscriber limit exceeded: Only 1 online index can be created or deleted "
                        "simultaneously per table");
    assert_string_equal(
        refused(r, "ResourceInUseException", DB, "DeleteTable", "{'TableName':'Items'}"),
        "Attempt to change a resource which is still in use: Cannot delete table while indexes "
        "are being created, updated, or deleted.");
    ask(r, DB, "UpdateTable", "{'TableName':'Items','DeletionProtectionEnabled':true}");
    ask(r, DB, "UpdateTable", "{'TableName':'Items','DeletionProtectionEnabled':false}");
    assert_true(is_filling(r));
    ask(r, DB, "UpdateTable", "%s", drop_index);
    assert_null(at(described(r), "GlobalSecondaryIndexes"));
    next_portion(r);
    next_portion(r);
    ask(r, DB, "UpdateTable", "%s", add_index); /* the same name again */
    finish(r);
    assert_int_equal(entries(r), MANY);
    ask(r, DB, "DeleteTable", "{'TableName':'Items'}");
}

static void settle_waits_for_a_backfill(void **state)
{
    struct room *r = *state;
    make_items(r, MANY);
    ask(r, DB, "UpdateTable", "%s", add_index);
    assert_true(is_filling(r));
    ask(r, "tidepool", "Settle", "{}");
    assert_false(is_filling(r));
    assert_int_equal(entries(r), MANY);
}

static void a_restart_goes_on_where_the_last_portion_ended(void **state)
{
    struct room *r = *state;
    char folder[] = "/tmp/tidepool-backfill-XXXXXX", command[80];
    assert_non_null(mkdtemp(folder));
    room_close(r);
    room_open_at(r, services, folder);
    make_items(r, MANY);
    ask(r, DB, "UpdateTable", "%s", add_index);
    next_portion(r);
    room_close(r);
    room_open_at(r, services, folder);
    assert_true(is_filling(r));
    assert_true(entries(r) <= 2 * BACKFILL_ROWS);
    finish(r);
    assert_int_equal(scanned(r, ",'IndexName':'byG'"), MANY);
    room_close(r);
    room_open(r, services);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, room_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_index_is_filled_in_portions_and_not_read_meanwhile),
        TEST(large_items_make_small_portions),
        TEST(a_small_table_has_its_index_at_once),
        TEST(writes_meanwhile_keep_the_index_right),
        TEST(other_changes_wait_or_are_let_in),
        TEST(settle_waits_for_a_backfill),
        TEST(a_restart_goes_on_where_the_last_portion_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
