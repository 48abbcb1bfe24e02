/* How many items a table has: counted in portions after a start, and exact while writes go on. */
#include "dynamodb/dynamodb.h"
#include "dynamodb/tally.h"
#include "room.h"

static const struct service *const services[] = {&dynamodb_service, &dynamodbstreams_service, NULL};

#define DB "dynamodb"
#define MANY (TALLY_ROWS + 1000)

static void make_items(struct room *r)
{
    ask(r, DB, "CreateTable",
        "{'TableName':'Items','KeySchema':[{'AttributeName':'id','KeyType':'HASH'}],'BillingMode':"
        "'PAY_PER_REQUEST','AttributeDefinitions':[{'AttributeName':'id','AttributeType':'S'},"
        "{'AttributeName':'g','AttributeType':'S'}],'GlobalSecondaryIndexes':[{'IndexName':'byG','KeySchema':"
        "["
        "{'AttributeName':'g','KeyType':'HASH'}],'Projection':{'ProjectionType':'ALL'}}]}");
    for (int i = 0; i < MANY; i += 25) {
        struct buf b;
        buf_init(&b, 1u << 16);
        for (int j = i; j < i + 25; j++)
            buf_printf(&b, "%s{'PutRequest':{'Item':{'id':{'S':'i%d'},'g':{'S':'g%d'}}}}", j > i ? "," : "",
                       j, j);
        ask(r, DB, "BatchWriteItem", "{'RequestItems':{'Items':[%s]}}", buf_zstr(&b));
        buf_release(&b);
    }
}

static void note_end(struct call *c)
{
    *(bool *)c->asker = true;
}

/* A call that waits between its portions. */
static struct call *describe(struct room *r, bool *ended)
{
    struct call *c = door_open(r->world, NULL, DB, "DescribeTable");
    c->from = CALL_TEST;
    c->in = json_tree(STR("{\"TableName\":\"Items\"}"));
    c->on_end = note_end;
    c->asker = ended;
    *ended = false;
    door_submit(c);
    turn_run(r->world->turn);
    return c;
}

static int number(const cJSON *answer, const char *path)
{
    return (int)at(answer, path)->valuedouble;
}

static void a_table_is_counted_in_portions_while_writes_go_on(void **state)
{
    struct room room, *r = &room;
    bool ended;
    (void)state;
    room_open(r, services);
    make_items(r);
    world_drop(r->world); /* as after a start: the models know nothing */
    struct call *c = describe(r, &ended);
    int portions = 1, put = 0;
    for (; !ended; portions++) {
        for (int i = 0; i < 20; i++, put++) { /* before and behind where the counting is */
            ask(r, DB, "PutItem", "{'TableName':'Items','Item':{'id':{'S':'new%d'},'g':{'S':'n'}}}", put);
            ask(r, DB, "UpdateItem",
                "{'TableName':'Items','Key':{'id':{'S':'i%d'}},'UpdateExpression':'SET g = :g',"
                "'ExpressionAttributeValues':{':g':{'S':'longer than before'}}}",
                put);
            ask(r, DB, "DeleteItem", "{'TableName':'Items','Key':{'id':{'S':'i%d'}}}", MANY - 1 - put);
        }
        room_advance(r, 0);
    }
    assert_true(portions > 2 * MANY / TALLY_ROWS);
    assert_int_equal(number(call_out(c), "Table.ItemCount"), MANY);
    assert_int_equal(number(call_out(c), "Table.GlobalSecondaryIndexes.0.ItemCount"), MANY);
    int bytes = number(call_out(c), "Table.TableSizeBytes");
    int index_bytes = number(call_out(c), "Table.GlobalSecondaryIndexes.0.IndexSizeBytes");
    call_free(c);
    world_drop(r->world); /* the same when nothing is written meanwhile */
    const cJSON *t = ask(r, DB, "DescribeTable", "{'TableName':'Items'}");
    assert_int_equal(number(t, "Table.ItemCount"), MANY);
    assert_int_equal(number(t, "Table.TableSizeBytes"), bytes);
    assert_int_equal(number(t, "Table.GlobalSecondaryIndexes.0.IndexSizeBytes"), index_bytes);
    room_close(r);
}

/* A definition that changes takes its counts along: nothing is counted again. */
static void a_counted_table_answers_at_once(void **state)
{
    struct room room, *r = &room;
    bool ended;
    (void)state;
    room_open(r, services);
    make_items(r);
    ask(r, DB, "UpdateTable", "{'TableName':'Items','DeletionProtectionEnabled':true}");
    struct call *c = describe(r, &ended);
    assert_true(ended);
    assert_int_equal(number(call_out(c), "Table.ItemCount"), MANY);
    call_free(c);
    room_close(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_counted_in_portions_while_writes_go_on),
        cmocka_unit_test(a_counted_table_answers_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
