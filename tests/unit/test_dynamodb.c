/* DynamoDB through the door: tables, items, queries, scans, batches. */
#include "dynamodb/dynamodb.h"
#include "room.h"

static const struct service *const services[] = {&dynamodb_service, &dynamodbstreams_service, NULL};

#define DB "dynamodb"

/* --- helpers */

static int setup(void **state)
{
    *state = room_new(services);
    return 0;
}

/* Orders: key id; Lines: key order, line; both pay per request. */
static void make_orders(struct room *r)
{
    ask(r, DB, "CreateTable",
        "{'TableName':'Orders','KeySchema':[{'AttributeName':'id','KeyType':'HASH'}],'BillingMode':'PAY_PER_"
        "REQUEST',"
        "'AttributeDefinitions':[{'AttributeName':'id','AttributeType':'S'},{'AttributeName':'customer','"
        "AttributeType':'S'},"
        "{'AttributeName':'placed','AttributeType':'N'}],"
        "'GlobalSecondaryIndexes':[{'IndexName':'byCustomer','KeySchema':[{'AttributeName':'customer','"
        "KeyType':'HASH'},"
        "{'AttributeName':'placed','KeyType':'RANGE'}],'Projection':{'ProjectionType':'INCLUDE','"
        "NonKeyAttributes':['amount']}}]}");
}

static void make_lines(struct room *r)
{
    ask(r, DB, "CreateTable",
        "{'TableName':'Lines','KeySchema':[{'AttributeName':'order','KeyType':'HASH'},{'AttributeName':'line'"
        ","
        "'KeyType':'RANGE'}],'BillingMode':'PAY_PER_REQUEST','AttributeDefinitions':[{'AttributeName':'order'"
        ","
        "'AttributeType':'S'},{'AttributeName':'line','AttributeType':'N'},{'AttributeName':'sku','"
        "AttributeType':'S'}],"
        "'LocalSecondaryIndexes':[{'IndexName':'bySku','KeySchema':[{'AttributeName':'order','KeyType':'HASH'"
        "},"
        "{'AttributeName':'sku','KeyType':'RANGE'}],'Projection':{'ProjectionType':'KEYS_ONLY'}}]}");
}

static void put_line(struct room *r, const char *order, int line, const char *sku)
{
    ask(r, DB, "PutItem",
        "{'TableName':'Lines','Item':{'order':{'S':'%s'},'line':{'N':'%d'},'sku':{'S':'%s'},'d':{'S':'x'}}}",
        order, line, sku);
}

static int int_at(const cJSON *tree, const char *path)
{
    const cJSON *v = at(tree, path);
    return v ? (int)v->valuedouble : -1;
}

/* --- tables */

static void a_table_is_made_described_listed_and_deleted(void **state)
{
    struct room *r = *state;
    make_orders(r);
    assert_string_equal(text_at(call_out(r->last), "TableDescription.TableStatus"), "CREATING");
    const cJSON *t = ask(r, DB, "DescribeTable", "{'TableName':'Orders'}");
    assert_string_equal(text_at(t, "Table.TableStatus"), "ACTIVE");
    assert_string_equal(text_at(t, "Table.TableArn"), "arn:aws:dynamodb:us-east-1:000000000000:table/Orders");
    assert_string_equal(text_at(t, "Table.BillingModeSummary.BillingMode"), "PAY_PER_REQUEST");
    assert_string_equal(text_at(t, "Table.GlobalSecondaryIndexes.0.IndexStatus"), "ACTIVE");
    assert_int_equal(int_at(t, "Table.ItemCount"), 0);
    assert_string_equal(
        refused(r, "ResourceInUseException", DB, "CreateTable",
                "{'TableName':'Orders','KeySchema':[{'AttributeName':'id','KeyType':'HASH'}],"
                "'BillingMode':'PAY_PER_REQUEST','AttributeDefinitions':[{'AttributeName':'id',"
                "'AttributeType':'S'}]}"),
        "Table already exists: Orders");
    make_lines(r);
    t = ask(r, DB, "ListTables", "{'Limit':1}");
    assert_string_equal(text_at(t, "TableNames.0"), "Lines");
    assert_string_equal(text_at(t, "LastEvaluatedTableName"), "Lines");
    t = ask(r, DB, "ListTables", "{'ExclusiveStartTableName':'Lines'}");
    assert_string_equal(text_at(t, "TableNames.0"), "Orders");
    assert_null(at(t, "LastEvaluatedTableName"));
    assert_string_equal(
        text_at(ask(r, DB, "DeleteTable", "{'TableName':'Orders'}"), "TableDescription.TableStatus"),
        "DELETING");
    assert_string_equal(
        refused(r, "ResourceNotFoundException", DB, "DescribeTable", "{'TableName':'Orders'}"),
        "Requested resource not found: Table: Orders not found");
    assert_string_equal(refused(r, "ResourceNotFoundException", DB, "GetItem",
                                "{'TableName':'Orders','Key':{'id':{'S':'a'}}}"),
                        "Requested resource not found");
}

static void tables_that_make_no_sense_are_refused(void **state)
{
    struct room *r = *state;
    assert_string_equal(
        refused(r, "ValidationException", DB, "CreateTable",
                "{'TableName':'abc','KeySchema':[{'AttributeName':'a','KeyType':'HASH'}],"
                "'AttributeDefinitions':[{'AttributeName':'b','AttributeType':'S'}],"
                "'BillingMode':'PAY_PER_REQUEST'}"),
        "One or more parameter values were invalid: Some index key attributes are not defined in "
        "AttributeDefinitions. Keys: [a], AttributeDefinitions: [b]");
    assert_string_equal(
        refused(r, "ValidationException", DB, "CreateTable",
                "{'TableName':'abc','KeySchema':[{'AttributeName':'a','KeyType':'HASH'}],"
                "'AttributeDefinitions':[{'AttributeName':'a','AttributeType':'S'}]}"),
        "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be "
        "specified when BillingMode is PROVISIONED");
    assert_string_equal(refused(r, "ValidationException", DB, "CreateTable",
                                "{'TableName':'abc','KeySchema':[{'AttributeName':'a','KeyType':'RANGE'}],"
                                "'AttributeDefinitions':[{'AttributeName':'a','AttributeType':'S'}],"
                                "'BillingMode':'PAY_PER_REQUEST'}"),
                        "Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
    assert_non_null(
        strstr(refused(r, "ValidationException", DB, "CreateTable", "{'TableName':'a'}"), "tableName"));
    assert_string_equal(
        refused(r, "ValidationException", DB, "CreateTable",
                "{'TableName':'abc','KeySchema':[{'AttributeName':'a','KeyType':'HASH'}],"
                "'AttributeDefinitions':[{'AttributeName':'a','AttributeType':'S'},"
                "{'AttributeName':'a','AttributeType':'N'}],'BillingMode':'PAY_PER_REQUEST'}"),
        "Cannot have two attributes with the same name");
    assert_string_equal(
        refused(r, "ValidationException", DB, "CreateTable",
                "{'TableName':'abc','KeySchema':[{'AttributeName':'a','KeyType':'HASH'},"
                "{'AttributeName':'a','KeyType':'RANGE'}],'AttributeDefinitions':[{'AttributeName':'a',"
                "'AttributeType':'S'}],'BillingMode':'PAY_PER_REQUEST'}"),
        "Invalid KeySchema: Some index key attribute have no definition");
    assert_string_equal(refused(r, "ValidationException", DB, "CreateTable",
                                "{'KeySchema':[{'AttributeName':'a','KeyType':'HASH'}],"
                                "'AttributeDefinitions':[{'AttributeName':'a','AttributeType':'S'}],"
                                "'BillingMode':'PAY_PER_REQUEST'}"),
                        "The parameter 'TableName' is required but was not present in the request");
}

/* A name too short or too long is spelled well all the same, so one thing is wrong with it. */
static void names_have_a_length(void **state)
{
    struct room *r = *state;
    char name[257];
    char *long_name = malloc(2000001);
    memset(name, 'a', 256);
    name[256] = 0;
    memset(long_name, 'a', 2000000);
    long_name[2000000] = 0;
    assert_string_equal(refused(r, "ValidationException", DB, "DescribeTable", "{'TableName':'ab'}"),
                        "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy "
                        "constraint: Member must have length greater than or equal to 3");
    assert_non_null(strstr(
        refused(r, "ValidationException", DB, "GetItem", "{'TableName':'%s','Key':{'id':{'S':'a'}}}", name),
        "aaa' at 'tableName' failed to satisfy constraint: Member must have length less "
        "than or equal to 255"));
    assert_string_equal(refused(r, "ValidationException", DB, "DescribeTable", "{'TableName':'ab!'}"),
                        "1 validation error detected: Value 'ab!' at 'tableName' failed to satisfy "
                        "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
    assert_non_null(
        strstr(refused(r, "ValidationException", DB, "DescribeTable", "{'TableName':'%s'}", long_name),
               "aaa...' at 'tableName' failed to satisfy constraint: Member must have length less "
               "than or equal to 1024"));
    free(long_name);
}

static void a_table_may_be_named_by_its_arn(void **state)
{
    struct room *r = *state;
    const char *create = "{'TableName':'arn:aws:dynamodb:%s:000000000000:table/Named','KeySchema':["
                         "{'AttributeName':'id','KeyType':'HASH'}],'BillingMode':'PAY_PER_REQUEST',"
                         "'AttributeDefinitions':[{'AttributeName':'id','AttributeType':'S'}]}";
    const cJSON *t = ask(r, DB, "CreateTable", create, "us-east-1");
    assert_string_equal(text_at(t, "TableDescription.TableName"), "Named");
    assert_string_equal(text_at(t, "TableDescription.TableArn"),
                        "arn:aws:dynamodb:us-east-1:000000000000:table/Named");
    ask(r, DB, "DescribeTable", "{'TableName':'arn:aws:dynamodb:us-east-1:000000000000:table/Named'}");
    refused(r, "ResourceInUseException", DB, "CreateTable", create, "us-east-1");
    refused(r, "ValidationException", DB, "CreateTable", create, "eu-west-1");
}

static void append_index(struct buf *to, const char *name, int attributes)
{
    buf_printf(to,
               "%s{'IndexName':'%s','KeySchema':[{'AttributeName':'g','KeyType':'HASH'}],"
               "'Projection':{'ProjectionType':'INCLUDE','NonKeyAttributes':[",
               to->n ? "," : "", name);
    for (int i = 0; i < attributes; i++)
        buf_printf(to, "%s'a%d'", i ? "," : "", i);
    buf_z(to, "]}}");
}

static void indexes_project_at_most_100_attributes_by_name(void **state)
{
    struct room *r = *state;
    const char *create = "{'TableName':'Wide','KeySchema':[{'AttributeName':'id','KeyType':'HASH'}],"
                         "'BillingMode':'PAY_PER_REQUEST','AttributeDefinitions':[{'AttributeName':'id',"
                         "'AttributeType':'S'},{'AttributeName':'g','AttributeType':'S'}],"
                         "'GlobalSecondaryIndexes':[%s]}";
    const char *said = "One or more parameter values were invalid: The total count of NonKeyAttributes, "
                       "summed across all of the secondary indexes, must not exceed 100";
    static const char *const names[] = {"one", "two", "three", "four", "five"};
    struct buf list, more;
    buf_init(&list, 4096);
    buf_init(&more, 4096);
    for (int i = 0; i < 5; i++)
        append_index(&list, names[i], 20);
    append_index(&more, "six", 1);
    ask(r, DB, "CreateTable", create, buf_zstr(&list));
    assert_string_equal(refused(r, "ValidationException", DB, "UpdateTable",
                                "{'TableName':'Wide','GlobalSecondaryIndexUpdates':[{'Create':%s}]}",
                                buf_zstr(&more)),
                        said);
    ask(r, DB, "DeleteTable", "{'TableName':'Wide'}");
    append_index(&list, "six", 1);
    assert_string_equal(refused(r, "ValidationException", DB, "CreateTable", create, buf_zstr(&list)), said);
    buf_release(&list);
    buf_release(&more);
}

static void a_table_changes(void **state)
{
    struct room *r = *state;
    make_orders(r);
    for (int i = 0; i < 5; i++)
        ask(r, DB, "PutItem", "{'TableName':'Orders','Item':{'id':{'S':'o%d'},'status':{'S':'%s'}}}", i,
            i < 3 ? "NEW" : "OLD");
    ask(r, DB, "UpdateTable",
        "{'TableName':'Orders','AttributeDefinitions':[{'AttributeName':'status','AttributeType':'S'}],"
        "'GlobalSecondaryIndexUpdates':[{'Create':{'IndexName':'byStatus','KeySchema':[{'AttributeName':'"
        "status',"
        "'KeyType':'HASH'}],'Projection':{'ProjectionType':'ALL'}}}]}");
    const cJSON *q =
        ask(r, DB, "Query",
            "{'TableName':'Orders','IndexName':'byStatus','KeyConditionExpression':'#s = :s',"
            "'ExpressionAttributeNames':{'#s':'status'},'ExpressionAttributeValues':{':s':{'S':'NEW'}}}");
    assert_int_equal(int_at(q, "Count"), 3);
    ask(r, DB, "UpdateTable",
        "{'TableName':'Orders','GlobalSecondaryIndexUpdates':[{'Delete':{'IndexName':'byStatus'}}]}");
    q = ask(r, DB, "DescribeTable", "{'TableName':'Orders'}");
    assert_int_equal(count_at(q, "Table.GlobalSecondaryIndexes"), 1);
    assert_int_equal(count_at(q, "Table.AttributeDefinitions"), 3);
    assert_int_equal(int_at(q, "Table.ItemCount"), 5);
    ask(r, DB, "UpdateTable",
        "{'TableName':'Orders','BillingMode':'PROVISIONED','ProvisionedThroughput':{'ReadCapacityUnits':3,"
        "'WriteCapacityUnits':4}}");
    q = ask(r, DB, "DescribeTable", "{'TableName':'Orders'}");
    assert_int_equal(int_at(q, "Table.ProvisionedThroughput.WriteCapacityUnits"), 4);
    refused(r, "ValidationException", DB, "UpdateTable", "{'TableName':'Orders'}");
    assert_string_equal(
        refused(r, "ValidationException", DB, "UpdateTable",
                "{'TableName':'Orders','GlobalSecondaryIndexUpdates':[{'Create':null}]}"),
        "One or more parameter values were invalid: One of GlobalSecondaryIndexUpdate.Update, "
        "GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null");
    assert_string_equal(
        refused(r, "ValidationException", DB, "UpdateTable",
                "{'TableName':'Orders','GlobalSecondaryIndexUpdates':[{'Create':{'IndexName':'byStatus',"
                "'Projection':{'ProjectionType':'ALL'}}}]}"),
        "1 validation error detected: Value null at 'globalSecondaryIndexUpdates.1.member.create.keySchema' "
        "failed to satisfy constraint: Member must not be null");
    ask(r, DB, "UpdateTable", "{'TableName':'Orders','DeletionProtectionEnabled':true}");
    refused(r, "ValidationException", DB, "DeleteTable", "{'TableName':'Orders'}");
}

static const char put_orders[] =
    "{'TableName':'Orders','KeySchema':[{'AttributeName':'id','KeyType':'HASH'}],'BillingMode':'PAY_PER_"
    "REQUEST',"
    "'AttributeDefinitions':[{'AttributeName':'id','AttributeType':'S'}],"
    "'StreamSpecification':{'StreamEnabled':true,'StreamViewType':'NEW_AND_OLD_IMAGES'}}";

static void put_table_makes_it_so(void **state)
{
    struct room *r = *state;
    char arn[200];
    snprintf(arn, sizeof arn, "%s", text_at(ask(r, DB, "PutTable", "%s", put_orders), "LatestStreamArn"));
    ask(r, DB, "PutItem", "{'TableName':'Orders','Item':{'id':{'S':'a'},'customer':{'S':'ada'}}}");
    room_advance(r, 1000);
    assert_string_equal(text_at(ask(r, DB, "PutTable", "%s", put_orders), "LatestStreamArn"), arn);
    ask(r, DB, "PutTable",
        "{'TableName':'Orders','KeySchema':[{'AttributeName':'id','KeyType':'HASH'}],'BillingMode':'PAY_PER_"
        "REQUEST',"
        "'AttributeDefinitions':[{'AttributeName':'id','AttributeType':'S'},{'AttributeName':'customer',"
        "'AttributeType':'S'}],'GlobalSecondaryIndexes':[{'IndexName':'byCustomer','KeySchema':[{'"
        "AttributeName':'customer',"
        "'KeyType':'HASH'}],'Projection':{'ProjectionType':'ALL'}}]}");
    const cJSON *t = ask(r, DB, "DescribeTable", "{'TableName':'Orders'}");
    assert_null(at(t, "Table.LatestStreamArn"));
    assert_int_equal(int_at(t, "Table.GlobalSecondaryIndexes.0.ItemCount"), 1);
    refused(r, "ValidationException", DB, "PutTable",
            "{'TableName':'Orders','KeySchema':[{'AttributeName':'nr','KeyType':'HASH'}],'BillingMode':'PAY_"
            "PER_REQUEST',"
            "'AttributeDefinitions':[{'AttributeName':'nr','AttributeType':'S'}]}");
    refused(r, "ValidationException", DB, "PutTable",
            "{'TableName':'Orders','KeySchema':[{'AttributeName':'id','KeyType':'HASH'}],'BillingMode':'PAY_"
            "PER_REQUEST',"
            "'AttributeDefinitions':[{'AttributeName':'id','AttributeType':'N'}]}");
}

static void updates_cannot_nest_without_end(void **state)
{
    struct room *r = *state;
    const char *nest = "{'TableName':'Orders','Key':{'id':{'S':'1'}},'UpdateExpression':'SET m.m = m'}";
    make_orders(r);
    ask(r, DB, "PutItem", "{'TableName':'Orders','Item':{'id':{'S':'1'},'m':{'M':{'a':{'S':'x'}}}}}");
    for (int i = 0; i < 30; i++)
        ask(r, DB, "UpdateItem", "%s", nest);
    assert_non_null(
        strstr(refused(r, "ValidationException", DB, "UpdateItem", "%s", nest), "Nesting Levels"));
}

/* 126 characters that count as 2 bytes: the text of an item has an end, too. */
static void long_numbers_do_not_fill_the_house(void **state)
{
    struct room *r = *state;
    struct buf list;
    make_orders(r);
    buf_init(&list, 16u << 20);
    for (int i = 0; i < 20000; i++)
        buf_z(&list, i ? ",{'N':'1E125'}" : "{'N':'1E125'}");
    for (int i = 0; i < 5; i++)
        ask(r, DB, "PutItem", "{'TableName':'Orders','Item':{'id':{'S':'%d'},'l':{'L':[%s]}}}", i,
            buf_zstr(&list));
    const cJSON *s = ask(r, DB, "Scan", "{'TableName':'Orders'}");
    assert_int_equal(int_at(s, "Count"), 4);
    assert_non_null(at(s, "LastEvaluatedKey"));
    for (int i = 0; i < 20000; i++)
        buf_z(&list, ",{'N':'1E125'}");
    assert_string_equal(refused(r, "ValidationException", DB, "PutItem",
                                "{'TableName':'Orders','Item':{'id':{'S':'1'},'l':{'L':[%s]}}}",
                                buf_zstr(&list)),
                        "Item size has exceeded the maximum allowed size");
    buf_release(&list);
}

/* --- items */

static void items_are_put_got_updated_and_deleted(void **state)
{
    struct room *r = *state;
    make_orders(r);
    ask(r, DB, "PutItem",
        "{'TableName':'Orders','Item':{'id':{'S':'1'},'amount':{'N':'12.50'},'tags':{'SS':['b','a']}}}");
    const cJSON *g = ask(r, DB, "GetItem", "{'TableName':'Orders','Key':{'id':{'S':'1'}}}");
    assert_string_equal(text_at(g, "Item.amount.N"), "12.5");
    assert_string_equal(text_at(g, "Item.tags.SS.0"), "a");
    g = ask(r, DB, "GetItem",
            "{'TableName':'arn:aws:dynamodb:us-east-1:000000000000:table/Orders','Key':{'id':{'S':'1'}},"
            "'ProjectionExpression':'#t','ExpressionAttributeNames':{'#t':'amount'}}");
    assert_int_equal(count_at(g, "Item"), 1);
    g = ask(
        r, DB, "UpdateItem",
        "{'TableName':'Orders','Key':{'id':{'S':'1'}},'UpdateExpression':'SET amount = amount + :n REMOVE "
        "tags',"
        "'ExpressionAttributeValues':{':n':{'N':'0.5'}},'ReturnValues':'UPDATED_NEW'}");
    assert_string_equal(text_at(g, "Attributes.amount.N"), "13");
    assert_int_equal(count_at(g, "Attributes"), 1);
    g = ask(r, DB, "DeleteItem", "{'TableName':'Orders','Key':{'id':{'S':'1'}},'ReturnValues':'ALL_OLD'}");
    assert_int_equal(count_at(g, "Attributes"), 2);
    g = ask(r, DB, "DeleteItem", "{'TableName':'Orders','Key':{'id':{'S':'1'}},'ReturnValues':'ALL_OLD'}");
    assert_int_equal(cJSON_GetArraySize(g), 0);
    assert_int_equal(
        cJSON_GetArraySize(ask(r, DB, "GetItem", "{'TableName':'Orders','Key':{'id':{'S':'1'}}}")), 0);
    g = ask(r, DB, "UpdateItem", "{'TableName':'Orders','Key':{'id':{'S':'2'}},'ReturnValues':'ALL_NEW'}");
    assert_string_equal(text_at(g, "Attributes.id.S"), "2");
}

static void a_nested_update_returns_only_its_paths(void **state)
{
    struct room *r = *state;
    make_orders(r);
    ask(r, DB, "PutItem",
        "{'TableName':'Orders','Item':{'id':{'S':'1'},'m':{'M':{'a':{'N':'1'},'b':{'N':'2'}}}}}");
    const cJSON *u = ask(r, DB, "UpdateItem",
                         "{'TableName':'Orders','Key':{'id':{'S':'1'}},'UpdateExpression':'ADD m.a :n',"
                         "'ExpressionAttributeValues':{':n':{'N':'4'}},'ReturnValues':'UPDATED_OLD'}");
    assert_string_equal(text_at(u, "Attributes.m.M.a.N"), "1");
    assert_null(at(u, "Attributes.m.M.b"));
}

static void conditions_guard_writes(void **state)
{
    struct room *r = *state;
    make_orders(r);
    const char *once = "{'TableName':'Orders','Item':{'id':{'S':'1'},'v':{'N':'1'}},'ConditionExpression':"
                       "'attribute_not_exists(id)','ReturnValuesOnConditionCheckFailure':'ALL_OLD'}";
    ask(r, DB, "PutItem", "%s", once);
    assert_string_equal(refused(r, "ConditionalCheckFailedException", DB, "PutItem", "%s", once),
                        "The conditional request failed");
    assert_string_equal(text_at(r->last->fault_extra, "Item.v.N"), "1");
    refused(r, "ConditionalCheckFailedException", DB, "UpdateItem",
            "{'TableName':'Orders','Key':{'id':{'S':'1'}},'UpdateExpression':'SET v = "
            ":w','ConditionExpression':'v > :w',"
            "'ExpressionAttributeValues':{':w':{'N':'7'}}}");
    refused(r, "ConditionalCheckFailedException", DB, "DeleteItem",
            "{'TableName':'Orders','Key':{'id':{'S':'9'}},'ConditionExpression':'attribute_exists(id)'}");
    assert_string_equal(
        text_at(ask(r, DB, "GetItem", "{'TableName':'Orders','Key':{'id':{'S':'1'}}}"), "Item.v.N"), "1");
}

static void keys_must_fit(void **state)
{
    struct room *r = *state;
    const struct {
        const char *op, *in, *words;
    } rows[] = {
        {"PutItem", "'Item':{'line':{'N':'1'}}",
         "One or more parameter values were invalid: Missing the key order in the item"},
        {"PutItem", "'Item':{'order':{'N':'1'},'line':{'N':'1'}}",
         "One or more parameter values were invalid: Type mismatch for key order expected: S actual: N"},
        {"PutItem", "'Item':{'order':{'S':''},'line':{'N':'1'}}",
         "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain "
         "an empty "
         "string value. Key: order"},
        {"PutItem", "'Item':{'order':{'S':'a'},'line':{'N':'1'},'sku':{'N':'1'}}",
         "One or more parameter values were invalid: Type mismatch for Index Key sku Expected: S Actual: N "
         "IndexName: "
         "bySku"},
        {"GetItem", "'Key':{'order':{'S':'a'}}", "The provided key element does not match the schema"},
        {"GetItem", "'Key':{'order':{'S':'a'},'line':{'S':'1'}}",
         "The provided key element does not match the schema"},
        {"UpdateItem",
         "'Key':{'order':{'S':'a'},'line':{'N':'1'}},'UpdateExpression':'SET line = "
         ":l','ExpressionAttributeValues':"
         "{':l':{'N':'2'}}",
         "One or more parameter values were invalid: Cannot update attribute line. This attribute is part of "
         "the key"},
        {"UpdateItem",
         "'Key':{'order':{'S':'a'},'line':{'N':'1'}},'UpdateExpression':'SET sku = "
         ":l','ExpressionAttributeValues':"
         "{':l':{'N':'2'}}",
         "One or more parameter values were invalid: Type mismatch for Index Key sku Expected: S Actual: N "
         "IndexName: "
         "bySku"},
        {"UpdateItem", "'Key':{'order':{'S':'a'},'line':{'N':'1'}},'ExpressionAttributeNames':{'#a':'a'}",
         "ExpressionAttributeNames can only be specified when using expressions"},
        {"PutItem", "'Item':{'order':{'S':'a'},'line':{'N':'1'}},'ReturnValues':'ALL_NEW'",
         "ReturnValues can only be ALL_OLD or NONE"},
        {"PutItem", "'Item':{'order':{'S':'a'},'line':{'N':'1'}},'Expected':{'a':{'Exists':false}}",
         "Expected is not supported by tidepool yet: use expressions"},
    };
    make_lines(r);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(
            refused(r, "ValidationException", DB, rows[i].op, "{'TableName':'Lines',%s}", rows[i].in),
            rows[i].words);
}

static void items_have_a_largest_size(void **state)
{
    struct room *r = *state;
    make_orders(r);
    char *big = malloc(410000);
    memset(big, 'x', 410000);
    big[409600 - 4] = 0; /* id, its value, d and the text: 400 KB */
    ask(r, DB, "PutItem", "{'TableName':'Orders','Item':{'id':{'S':'1'},'d':{'S':'%s'}}}", big);
    assert_string_equal(refused(r, "ValidationException", DB, "PutItem",
                                "{'TableName':'Orders','Item':{'id':{'S':'1'},'d':{'S':'%sx'}}}", big),
                        "Item size has exceeded the maximum allowed size");
    assert_string_equal(
        refused(r, "ValidationException", DB, "UpdateItem",
                "{'TableName':'Orders','Key':{'id':{'S':'1'}},'UpdateExpression':'SET e = :e',"
                "'ExpressionAttributeValues':{':e':{'S':'y'}}}"),
        "Item size to update has exceeded the maximum allowed size");
    free(big);
}

/* --- queries and scans */

static void a_query_reads_a_range_in_order(void **state)
{
    struct room *r = *state;
    make_lines(r);
    const int lines[] = {10, -3, 2, 100, 7};
    for (int i = 0; i < 5; i++)
        put_line(r, "a", lines[i], "s");
    put_line(r, "b", 5, "s");
    const struct {
        const char *range, *order;
        int count, first;
    } rows[] = {
        {"", "true", 5, -3},
        {"", "false", 5, 100},
        {" AND line > :two", "true", 3, 7},
        {" AND line >= :two", "true", 4, 2},
        {" AND :two > line", "true", 1, -3},
        {" AND line <= :two", "false", 2, 2},
        {" AND line = :two", "true", 1, 2},
        {" AND line BETWEEN :two AND :ten", "true", 3, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const cJSON *q =
            ask(r, DB, "Query",
                "{'TableName':'Lines','KeyConditionExpression':'#o = :o%s','ScanIndexForward':%s,"
                "'ExpressionAttributeNames':{'#o':'order'},"
                "'ExpressionAttributeValues':{':o':{'S':'a'}%s%s}}",
                rows[i].range, rows[i].order, strstr(rows[i].range, ":two") ? ",':two':{'N':'2'}" : "",
                strstr(rows[i].range, ":ten") ? ",':ten':{'N':'10'}" : "");
        assert_int_equal(int_at(q, "Count"), rows[i].count);
        assert_int_equal(atoi(text_at(q, "Items.0.line.N")), rows[i].first);
    }
}

/* Pages of two, forward and backward, meet every item once; a full last page still has a key. */
static void pages_go_on_where_the_last_one_ended(void **state)
{
    struct room *r = *state;
    make_lines(r);
    for (int i = 1; i <= 6; i++)
        put_line(r, "a", i, i % 2 ? "odd" : "even");
    for (int forward = 0; forward < 2; forward++) {
        int seen = 0, pages = 0;
        char start[200] = "";
        do {
            const cJSON *q =
                ask(r, DB, "Query",
                    "{'TableName':'Lines','KeyConditionExpression':'#o = :o','Limit':2,'ScanIndexForward':%s,"
                    "'FilterExpression':'sku = :s','ExpressionAttributeNames':{'#o':'order'},"
                    "'ExpressionAttributeValues':{':o':{'S':'a'},':s':{'S':'odd'}}%s}",
                    forward ? "true" : "false", start);
            seen += int_at(q, "Count");
            pages++;
            if (at(q, "LastEvaluatedKey"))
                snprintf(start, sizeof start, ",'ExclusiveStartKey':{'order':{'S':'a'},'line':{'N':'%s'}}",
                         text_at(q, "LastEvaluatedKey.line.N"));
            else
                *start = 0;
        } while (*start);
        assert_int_equal(seen, 3);
        assert_int_equal(pages, 4); /* three full ones, and the empty end */
    }
}

/* A range that ends with a bound is over with the item on it. */
static void a_range_ends_at_its_bound(void **state)
{
    struct room *r = *state;
    const char *query = "{'TableName':'Lines','KeyConditionExpression':'#o = :o AND line %s','Limit':%d,"
                        "'ExpressionAttributeNames':{'#o':'order'},"
                        "'ExpressionAttributeValues':{':o':{'S':'a'},':l':{'N':'3'}}%s}";
    make_lines(r);
    for (int i = 1; i <= 6; i++)
        put_line(r, "a", i, "s");
    assert_null(at(ask(r, DB, "Query", query, "<= :l", 3, ""), "LastEvaluatedKey"));
    assert_non_null(at(ask(r, DB, "Query", query, "< :l", 2, ""), "LastEvaluatedKey"));
    assert_null(at(ask(r, DB, "Query", query, ">= :l", 4, ",'ScanIndexForward':false"), "LastEvaluatedKey"));
    assert_string_equal(refused(r, "ValidationException", DB, "Query", query, "<= :l", 3,
                                ",'ExclusiveStartKey':{'order':{'S':'a'},'line':{'N':'3'}}"),
                        "The provided starting key does not match the range key predicate");
}

static void key_conditions_must_fit_the_keys(void **state)
{
    struct room *r = *state;
    const struct {
        const char *text, *words;
    } rows[] = {
        {"line = :n", "Query condition missed key schema element: order"},
        {"#o = :n",
         "One or more parameter values were invalid: Condition parameter type does not match schema type"},
        {"#o > :s", "Query key condition not supported"},
        {"#o = :s AND d = :s", "Query condition missed key schema element: line"},
        {"#o = :s OR line = :n", "Invalid operator used in KeyConditionExpression: OR"},
        {"#o = :s AND line <> :n", "Invalid operator used in KeyConditionExpression: <>"},
        {"#o = :s AND line > :n AND line < :n",
         "KeyConditionExpressions must only contain one condition per key"},
        {"#o.a = :s", "KeyConditionExpressions cannot have conditions on nested attributes"},
        {"size(#o) = :n", "KeyConditionExpressions cannot contain nested operations"},
        {"#o = line",
         "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"},
        {":s = :s AND #o = :s", "Invalid condition in KeyConditionExpression: No key attribute specified"},
    };
    make_lines(r);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool n = strstr(rows[i].text, ":n"), s = strstr(rows[i].text, ":s"), o = strstr(rows[i].text, "#o");
        assert_string_equal(refused(r, "ValidationException", DB, "Query",
                                    "{'TableName':'Lines','KeyConditionExpression':'%s'%s%s%s%s%s%s}",
                                    rows[i].text, o ? ",'ExpressionAttributeNames':{'#o':'order'}" : "",
                                    n || s ? ",'ExpressionAttributeValues':{" : "", n ? "':n':{'N':'1'}" : "",
                                    n && s ? "," : "", s ? "':s':{'S':'a'}" : "", n || s ? "}" : ""),
                            rows[i].words);
    }
    assert_string_equal(
        refused(r, "ValidationException", DB, "Query",
                "{'TableName':'Lines','KeyConditionExpression':'#o = :s','FilterExpression':'line > :s',"
                "'ExpressionAttributeNames':{'#o':'order'},'ExpressionAttributeValues':{':s':{'S':'a'}}}"),
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: line");
}

/* A partition key has up to 2048 bytes, a sort key 1024; what is longer is in no table, and no key of the
 * store. */
static void key_conditions_have_a_size(void **state)
{
    struct room *r = *state;
    make_lines(r);
    static const size_t sizes[] = {2049, 70000};
    for (int i = 0; i < 2; i++) {
        char *text = xcalloc(1, sizes[i] + 1);
        memset(text, 'x', sizes[i]);
        assert_string_equal(
            refused(r, "ValidationException", DB, "Query",
                    "{'TableName':'Lines','KeyConditionExpression':'#o = :s',"
                    "'ExpressionAttributeNames':{'#o':'order'},"
                    "'ExpressionAttributeValues':{':s':{'S':'%s'}}}",
                    text),
            "One or more parameter values were invalid: Size of hashkey has exceeded the maximum "
            "size limit of2048 bytes");
        free(text);
    }
}

static void a_global_index_follows_the_items(void **state)
{
    struct room *r = *state;
    const char *query =
        "{'TableName':'Orders','IndexName':'byCustomer','KeyConditionExpression':'customer = :c',"
        "'ExpressionAttributeValues':{':c':{'S':'%s'}}}";
    make_orders(r);
    for (int i = 3; i > 0; i--)
        ask(r, DB, "PutItem",
            "{'TableName':'Orders','Item':{'id':{'S':'o%d'},'customer':{'S':'ada'},'placed':{'N':'%d'},'"
            "amount':{'"
            "N':'9'},"
            "'note':{'S':'hidden'}}}",
            i, i);
    ask(r, DB, "PutItem",
        "{'TableName':'Orders','Item':{'id':{'S':'o4'},'customer':{'S':'ada'}}}"); /* sparse: no `at` */
    const cJSON *q = ask(r, DB, "Query", query, "ada");
    assert_int_equal(int_at(q, "Count"), 3);
    assert_string_equal(text_at(q, "Items.0.id.S"), "o1");
    assert_string_equal(text_at(q, "Items.0.amount.N"), "9");
    assert_null(at(q, "Items.0.note"));
    ask(r, DB, "UpdateItem",
        "{'TableName':'Orders','Key':{'id':{'S':'o1'}},'UpdateExpression':'SET customer = "
        ":c','ExpressionAttributeValues':"
        "{':c':{'S':'bob'}}}");
    ask(r, DB, "UpdateItem",
        "{'TableName':'Orders','Key':{'id':{'S':'o2'}},'UpdateExpression':'REMOVE customer'}");
    ask(r, DB, "DeleteItem", "{'TableName':'Orders','Key':{'id':{'S':'o3'}}}");
    assert_int_equal(int_at(ask(r, DB, "Query", query, "ada"), "Count"), 0);
    assert_int_equal(int_at(ask(r, DB, "Query", query, "bob"), "Count"), 1);
    assert_string_equal(
        refused(r, "ValidationException", DB, "Query",
                "{'TableName':'Orders','IndexName':'byCustomer','ConsistentRead':true,"
                "'KeyConditionExpression':'customer = :c','ExpressionAttributeValues':{':c':{'S':'a'}}}"),
        "Consistent reads are not supported on global secondary indexes");
    assert_string_equal(
        refused(r, "ValidationException", DB, "Scan",
                "{'TableName':'Orders','IndexName':'byCustomer','Select':'ALL_ATTRIBUTES'}"),
        "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global "
        "secondary index byCustomer because its projection type is not ALL");
}

/* What no key of an index can be is allowed in items that are older than the index, and has no entry. */
static void items_older_than_an_index_may_not_fit_it(void **state)
{
    struct room *r = *state;
    const char *put = "{'TableName':'Old','Item':{'id':{'S':'%s'},'g':{%s}}}";
    ask(r, DB, "CreateTable",
        "{'TableName':'Old','KeySchema':[{'AttributeName':'id','KeyType':'HASH'}],'BillingMode':"
        "'PAY_PER_REQUEST','AttributeDefinitions':[{'AttributeName':'id','AttributeType':'S'}]}");
    ask(r, DB, "PutItem", put, "fits", "'S':'x'");
    ask(r, DB, "PutItem", put, "number", "'N':'1'");
    ask(r, DB, "PutItem", put, "empty", "'S':''");
    ask(r, DB, "PutItem", put, "list", "'L':[]");
    ask(r, DB, "UpdateTable",
        "{'TableName':'Old','AttributeDefinitions':[{'AttributeName':'id','AttributeType':'S'},"
        "{'AttributeName':'g','AttributeType':'S'}],'GlobalSecondaryIndexUpdates':[{'Create':{'IndexName':"
        "'byG','KeySchema':[{'AttributeName':'g','KeyType':'HASH'}],'Projection':{'ProjectionType':'ALL'}}}]"
        "}");
    ask(r, DB, "UpdateItem",
        "{'TableName':'Old','Key':{'id':{'S':'number'}},'UpdateExpression':'SET a = :a',"
        "'ExpressionAttributeValues':{':a':{'N':'1'}}}");
    ask(r, DB, "DeleteItem", "{'TableName':'Old','Key':{'id':{'S':'empty'}}}");
    ask(r, DB, "UpdateItem",
        "{'TableName':'Old','Key':{'id':{'S':'list'}},'UpdateExpression':'SET g = :g',"
        "'ExpressionAttributeValues':{':g':{'S':'y'}}}");
    const cJSON *t = ask(r, DB, "DescribeTable", "{'TableName':'Old'}");
    assert_int_equal(int_at(t, "Table.ItemCount"), 3);
    assert_int_equal(int_at(t, "Table.GlobalSecondaryIndexes.0.ItemCount"), 2);
    assert_int_equal(int_at(ask(r, DB, "Scan", "{'TableName':'Old','IndexName':'byG'}"), "Count"), 2);
    assert_string_equal(refused(r, "ValidationException", DB, "UpdateItem",
                                "{'TableName':'Old','Key':{'id':{'S':'fits'}},'UpdateExpression':'SET g = "
                                ":g','ExpressionAttributeValues':{':g':{'N':'2'}}}"),
                        "One or more parameter values were invalid: Type mismatch for Index Key g Expected: "
                        "S Actual: N IndexName: byG");
}

static void a_wrong_index_key_is_told_with_the_first_index(void **state)
{
    struct room *r = *state;
    ask(r, DB, "CreateTable",
        "{'TableName':'Two','KeySchema':[{'AttributeName':'id','KeyType':'HASH'}],'BillingMode':"
        "'PAY_PER_REQUEST','AttributeDefinitions':[{'AttributeName':'id','AttributeType':'S'},"
        "{'AttributeName':'g','AttributeType':'S'}],'GlobalSecondaryIndexes':["
        "{'IndexName':'zzz','KeySchema':[{'AttributeName':'g','KeyType':'HASH'}],'Projection':{"
        "'ProjectionType':'ALL'}},{'IndexName':'aaa','KeySchema':[{'AttributeName':'g','KeyType':'HASH'}],"
        "'Projection':{'ProjectionType':'ALL'}}]}");
    assert_string_equal(refused(r, "ValidationException", DB, "PutItem",
                                "{'TableName':'Two','Item':{'id':{'S':'1'},'g':{'L':[]}}}"),
                        "One or more parameter values were invalid: Type mismatch for Index Key g Expected: "
                        "S Actual: L IndexName: aaa");
    const cJSON *t = ask(r, DB, "DescribeTable", "{'TableName':'Two'}");
    assert_string_equal(text_at(t, "Table.GlobalSecondaryIndexes.0.IndexName"), "zzz");
}

static void a_local_index_fetches_what_it_does_not_hold(void **state)
{
    struct room *r = *state;
    const char *query =
        "{'TableName':'Lines','IndexName':'bySku','KeyConditionExpression':'#o = :o AND begins_with(sku, "
        ":p)',"
        "'ExpressionAttributeNames':{'#o':'order'},'ExpressionAttributeValues':{':o':{'S':'a'},"
        "':p':{'S':'te'}}%s}";
    make_lines(r);
    put_line(r, "a", 1, "tea");
    put_line(r, "a", 2, "salt");
    put_line(r, "a", 3, "tent");
    const cJSON *q = ask(r, DB, "Query", query, "");
    assert_int_equal(int_at(q, "Count"), 2);
    assert_null(at(q, "Items.0.d"));
    q = ask(r, DB, "Query", query, ",'Select':'ALL_ATTRIBUTES','ConsistentRead':true,'Limit':1");
    assert_string_equal(text_at(q, "Items.0.d.S"), "x");
    assert_string_equal(text_at(q, "LastEvaluatedKey.sku.S"), "tea");
    assert_string_equal(text_at(q, "LastEvaluatedKey.line.N"), "1");
    q = ask(r, DB, "Query", query,
            ",'ExclusiveStartKey':{'order':{'S':'a'},'line':{'N':'1'},'sku':{'S':'tea'}},'"
            "ProjectionExpression':'d'");
    assert_int_equal(int_at(q, "Count"), 1);
    assert_string_equal(text_at(q, "Items.0.d.S"), "x");
    q = ask(r, DB, "Query", query, ",'Select':'ALL_ATTRIBUTES','ReturnConsumedCapacity':'INDEXES'");
    assert_true(at(q, "ConsumedCapacity.LocalSecondaryIndexes.bySku.CapacityUnits")->valuedouble == 0.5);
    assert_true(at(q, "ConsumedCapacity.Table.CapacityUnits")->valuedouble == 1.0); /* two reads */
}

static void the_segments_of_a_scan_meet_every_item_once(void **state)
{
    struct room *r = *state;
    make_lines(r);
    for (int i = 0; i < 60; i++) {
        char order[20];
        snprintf(order, sizeof order, "o%d", i);
        put_line(r, order, i, "s");
    }
    for (int total = 1; total <= 7; total += 3) {
        int seen = 0, largest = 0;
        for (int segment = 0; segment < total; segment++) {
            int n = int_at(ask(r, DB, "Scan",
                               "{'TableName':'Lines','Segment':%d,'TotalSegments':%d,'Select':'COUNT'}",
                               segment, total),
                           "Count");
            seen += n;
            largest = n > largest ? n : largest;
        }
        assert_int_equal(seen, 60);
        if (total > 1)
            assert_true(largest < 45);
    }
    const cJSON *s = ask(r, DB, "Scan",
                         "{'TableName':'Lines','FilterExpression':'line < :five','ExpressionAttributeValues':"
                         "{':five':{'N':'5'}},'ReturnConsumedCapacity':'TOTAL'}");
    assert_int_equal(int_at(s, "Count"), 5);
    assert_int_equal(int_at(s, "ScannedCount"), 60);
    refused(r, "ValidationException", DB, "Scan", "{'TableName':'Lines','Segment':2,'TotalSegments':2}");
    refused(r, "ValidationException", DB, "Scan", "{'TableName':'Lines','Segment':0}");
}

static void a_page_ends_at_one_megabyte(void **state)
{
    struct room *r = *state;
    char text[200001];
    make_lines(r);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    for (int i = 0; i < 7; i++)
        ask(r, DB, "PutItem",
            "{'TableName':'Lines','Item':{'order':{'S':'a'},'line':{'N':'%d'},'d':{'S':'%s'}}}", i, text);
    const cJSON *s = ask(r, DB, "Scan", "{'TableName':'Lines','FilterExpression':'attribute_not_exists(d)'}");
    assert_int_equal(int_at(s, "Count"), 0);
    assert_int_equal(int_at(s, "ScannedCount"), 6);
    assert_string_equal(text_at(s, "LastEvaluatedKey.line.N"), "5");
}

/* --- batches */

static void batches_write_and_read(void **state)
{
    struct room *r = *state;
    make_orders(r);
    make_lines(r);
    ask(r, DB, "PutItem", "{'TableName':'Orders','Item':{'id':{'S':'gone'}}}");
    ask(r, DB, "BatchWriteItem",
        "{'RequestItems':{'Orders':[{'PutRequest':{'Item':{'id':{'S':'1'}}}},{'DeleteRequest':{'Key':{'id':{'"
        "S':'gone'}}}}],"
        "'Lines':[{'PutRequest':{'Item':{'order':{'S':'1'},'line':{'N':'1'},'d':{'S':'x'}}}}]}}");
    assert_int_equal(count_at(call_out(r->last), "UnprocessedItems"), 0);
    const cJSON *g =
        ask(r, DB, "BatchGetItem",
            "{'RequestItems':{'Orders':{'Keys':[{'id':{'S':'1'}},{'id':{'S':'gone'}}]},'Lines':{'Keys':["
            "{'order':{'S':'1'},'line':{'N':'1.0'}}],'ProjectionExpression':'d'}},"
            "'ReturnConsumedCapacity':'TOTAL'}");
    assert_int_equal(count_at(g, "Responses.Orders"), 1);
    assert_int_equal(count_at(g, "Responses.Lines.0"), 1);
    assert_int_equal(count_at(g, "UnprocessedKeys"), 0);
    assert_int_equal(int_at(g, "ConsumedCapacity.0.CapacityUnits"), 1);
    assert_string_equal(refused(r, "ValidationException", DB, "BatchGetItem",
                                "{'RequestItems':{'Orders':{'Keys':[{'id':{'S':'1'}},{'id':{'S':'1'}}]}}}"),
                        "Provided list of item keys contains duplicates");
    assert_string_equal(
        refused(r, "ValidationException", DB, "BatchWriteItem",
                "{'RequestItems':{'Orders':[{'PutRequest':{'Item':{'id':{'S':'1'}}}},{'DeleteRequest':{'Key':"
                "{'id':{'S':'1'}}}}]}}"),
        "Provided list of item keys contains duplicates");
    assert_string_equal(refused(r, "ValidationException", DB, "BatchGetItem",
                                "{'RequestItems':{'Lines':{'Keys':[{'order':{'S':'1'},'line':{'N':'1'}},"
                                "{'line':{'N':'1.00'},'order':{'S':'1'}}]}}}"),
                        "Provided list of item keys contains duplicates");
    refused(r, "ResourceNotFoundException", DB, "BatchGetItem",
            "{'RequestItems':{'Nope':{'Keys':[{'id':{'S':'1'}}]}}}");
}

static void a_batch_says_little_of_a_wrong_key(void **state)
{
    struct room *r = *state;
    static const char *const wrong[] = {"'id':{'N':'1'}", "'id':{'L':[]}", "'x':{'S':'1'}",
                                        "'x':{'S':'1'},'y':{'S':'1'}"};
    make_orders(r);
    for (int i = 0; i < 4; i++)
        assert_string_equal(refused(r, "ValidationException", DB, "BatchWriteItem",
                                    "{'RequestItems':{'Orders':[{'PutRequest':{'Item':{%s}}}]}}", wrong[i]),
                            "The provided key element does not match the schema");
    assert_string_equal(refused(r, "ValidationException", DB, "BatchWriteItem",
                                "{'RequestItems':{'Orders':[{'PutRequest':{'Item':{'id':{'S':'1'},"
                                "'customer':{'N':'1'}}}}]}}"),
                        "One or more parameter values were invalid: Type mismatch for Index Key customer "
                        "Expected: S Actual: N IndexName: byCustomer");
}

/* 1E125 counts as two bytes and is 126 characters long: the size allows what the text does not. */
static void an_item_of_long_numbers_is_refused_by_a_batch_too(void **state)
{
    struct room *r = *state;
    struct buf item;
    buf_init(&item, 1u << 20);
    buf_z(&item, "{'id':{'S':'long'},'l':{'L':[");
    for (int i = 0; i < 40000; i++)
        buf_z(&item, i ? ",{'N':'1E125'}" : "{'N':'1E125'}");
    buf_z(&item, "]}}");
    make_orders(r);
    refused(r, "ValidationException", DB, "PutItem", "{'TableName':'Orders','Item':%s}", buf_zstr(&item));
    refused(
        r, "ValidationException", DB, "BatchWriteItem",
        "{'RequestItems':{'Orders':[{'PutRequest':{'Item':{'id':{'S':'1'}}}},{'PutRequest':{'Item':%s}}]}}",
        buf_zstr(&item));
    assert_int_equal(int_at(ask(r, DB, "Scan", "{'TableName':'Orders'}"), "Count"), 0);
    buf_release(&item);
}

/* Of the tables with local indexes, whatever others are in the batch. */
static void a_batch_tells_of_its_collections(void **state)
{
    struct room *r = *state;
    make_orders(r);
    make_lines(r);
    ask(r, DB, "BatchWriteItem",
        "{'RequestItems':{'Orders':[{'PutRequest':{'Item':{'id':{'S':'1'}}}}],'Lines':[{'PutRequest':{'Item':"
        "{'order':{'S':'a'},'line':{'N':'1'}}}}]},'ReturnItemCollectionMetrics':'SIZE'}");
    const cJSON *out = call_out(r->last);
    assert_string_equal(text_at(out, "ItemCollectionMetrics.Lines.0.ItemCollectionKey.order.S"), "a");
    assert_int_equal(count_at(out, "ItemCollectionMetrics"), 1);
    ask(r, DB, "BatchWriteItem",
        "{'RequestItems':{'Orders':[{'PutRequest':{'Item':{'id':{'S':'1'}}}}]},"
        "'ReturnItemCollectionMetrics':'SIZE'}");
    assert_null(at(call_out(r->last), "ItemCollectionMetrics"));
}

/* The limit is of what is read; a projection makes it no longer. */
static void a_batch_reads_at_most_16_mb(void **state)
{
    struct room *r = *state;
    struct buf keys;
    char *text = malloc(400001);
    memset(text, 'x', 400000);
    text[400000] = 0;
    buf_init(&keys, 4096);
    make_orders(r);
    for (int i = 0; i < 45; i++) {
        ask(r, DB, "PutItem", "{'TableName':'Orders','Item':{'id':{'S':'%d'},'d':{'S':'%s'}}}", i, text);
        buf_printf(&keys, "%s{'id':{'S':'%d'}}", i ? "," : "", i);
    }
    free(text);
    const cJSON *g =
        ask(r, DB, "BatchGetItem", "{'RequestItems':{'Orders':{'Keys':[%s],'ProjectionExpression':'id'}}}",
            buf_zstr(&keys));
    buf_release(&keys);
    assert_int_equal(count_at(g, "Responses.Orders"), 42);
    assert_int_equal(count_at(g, "UnprocessedKeys.Orders.Keys"), 3);
    assert_string_equal(text_at(g, "UnprocessedKeys.Orders.ProjectionExpression"), "id");
}

static void consumed_capacity_is_reported(void **state)
{
    struct room *r = *state;
    char text[3001];
    make_orders(r);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    const cJSON *p = ask(r, DB, "PutItem",
                         "{'TableName':'Orders','Item':{'id':{'S':'1'},'customer':{'S':'ada'},'placed':{'N':'"
                         "1'},'d':{'S':'%s'}},"
                         "'ReturnConsumedCapacity':'INDEXES'}",
                         text);
    assert_int_equal(int_at(p, "ConsumedCapacity.CapacityUnits"), 4);
    assert_int_equal(int_at(p, "ConsumedCapacity.Table.CapacityUnits"), 3);
    assert_int_equal(int_at(p, "ConsumedCapacity.GlobalSecondaryIndexes.byCustomer.CapacityUnits"), 1);
    p = ask(r, DB, "GetItem",
            "{'TableName':'Orders','Key':{'id':{'S':'1'}},'ReturnConsumedCapacity':'TOTAL'}");
    assert_true(at(p, "ConsumedCapacity.CapacityUnits")->valuedouble == 0.5);
    p = ask(r, DB, "UpdateItem",
            "{'TableName':'Orders','Key':{'id':{'S':'1'}},'UpdateExpression':'SET placed = "
            ":a','ExpressionAttributeValues':"
            "{':a':{'N':'2'}},'ReturnConsumedCapacity':'INDEXES'}");
    assert_int_equal(int_at(p, "ConsumedCapacity.GlobalSecondaryIndexes.byCustomer.CapacityUnits"), 2);
}

/* --- the house */

/* The network's answer is text made of the stored text; the tree says the same. */
static void the_network_gets_the_same_as_text(void **state)
{
    struct room *r = *state;
    make_orders(r);
    ask(r, DB, "PutItem", "{'TableName':'Orders','Item':{'id':{'S':'1'},'t':{'S':'tab\\tquote\\\"'}}}");
    const cJSON *tree = ask(r, DB, "GetItem", "{'TableName':'Orders','Key':{'id':{'S':'1'}}}");
    struct call *c = door_open(r->world, NULL, DB, "GetItem");
    c->from = CALL_NETWORK;
    c->in = cJSON_Parse("{\"TableName\":\"Orders\",\"Key\":{\"id\":{\"S\":\"1\"}}}");
    door_wait(c);
    assert_true(c->payload_set);
    cJSON *text = cJSON_Parse(buf_zstr(&c->payload_out));
    assert_true(cJSON_Compare(tree, text, true));
    cJSON_Delete(text);
    call_free(c);
}

/* Models are caches: after they were dropped all is as before, from the store alone. */
static void models_load_again_from_the_store(void **state)
{
    struct room *r = *state;
    ask(r, DB, "PutTable", "%s", put_orders);
    make_lines(r);
    put_line(r, "a", 1, "tea");
    ask(r, DB, "PutItem", "{'TableName':'Orders','Item':{'id':{'S':'1'}}}");
    char *before = cJSON_PrintUnformatted(ask(r, DB, "DescribeTable", "{'TableName':'Orders'}"));
    world_drop(r->world);
    char *after = cJSON_PrintUnformatted(ask(r, DB, "DescribeTable", "{'TableName':'Orders'}"));
    assert_string_equal(before, after);
    assert_int_equal(int_at(ask(r, DB, "Scan", "{'TableName':'Lines','IndexName':'bySku'}"), "Count"), 1);
    free(before);
    free(after);
}

static void tags_are_kept(void **state)
{
    struct room *r = *state;
    const char *arn = "arn:aws:dynamodb:us-east-1:000000000000:table/Orders";
    make_orders(r);
    ask(r, DB, "TagResource", "{'ResourceArn':'%s','Tags':[{'Key':'a','Value':'1'},{'Key':'b','Value':'2'}]}",
        arn);
    ask(r, DB, "TagResource", "{'ResourceArn':'%s','Tags':[{'Key':'a','Value':'3'}]}", arn);
    ask(r, DB, "UntagResource", "{'ResourceArn':'%s','TagKeys':['b']}", arn);
    char wide[128 * 2 + 1] = ""; /* a tag is counted in characters */
    for (int i = 0; i < 128; i++)
        memcpy(wide + 2 * i, "\u00e9", 3);
    ask(r, DB, "TagResource", "{'ResourceArn':'%s','Tags':[{'Key':'%s','Value':''}]}", arn, wide);
    ask(r, DB, "UntagResource", "{'ResourceArn':'%s','TagKeys':['%s']}", arn, wide);
    refused(r, "ValidationException", DB, "TagResource",
            "{'ResourceArn':'%s','Tags':[{'Key':'x%s','Value':''}]}", arn, wide);
    const cJSON *t = ask(r, DB, "ListTagsOfResource", "{'ResourceArn':'%s'}", arn);
    assert_int_equal(count_at(t, "Tags"), 1);
    assert_string_equal(text_at(t, "Tags.0.Value"), "3");
}

/* Tags and definitions beyond what a table can have are refused, however many they are. */
static void lists_of_a_table_have_an_end(void **state)
{
    struct room *r = *state;
    const char *arn = "arn:aws:dynamodb:us-east-1:000000000000:table/Orders";
    const char *create = "{'TableName':'Many','KeySchema':[{'AttributeName':'a0','KeyType':'HASH'}],"
                         "'BillingMode':'PAY_PER_REQUEST','AttributeDefinitions':[%s],'Tags':[%s]}";
    struct buf tags, keys, definitions;
    buf_init(&tags, 1u << 20);
    buf_init(&keys, 1u << 20);
    buf_init(&definitions, 1u << 20);
    make_orders(r);
    for (int i = 0; i < 51; i++) {
        if (i == 50)
            ask(r, DB, "TagResource", "{'ResourceArn':'%s','Tags':[%s]}", arn, buf_zstr(&tags));
        buf_printf(&tags, "%s{'Key':'k%d','Value':'v'}", i ? "," : "", i);
        buf_printf(&keys, "%s'k%d'", i ? "," : "", i);
    }
    const char *too_many = "One or more parameter values were invalid: Too many tags: at most 50";
    assert_string_equal(refused(r, "ValidationException", DB, "TagResource",
                                "{'ResourceArn':'%s','Tags':[%s]}", arn, buf_zstr(&tags)),
                        too_many);
    assert_string_equal(refused(r, "ValidationException", DB, "CreateTable", create,
                                "{'AttributeName':'a0','AttributeType':'S'}", buf_zstr(&tags)),
                        too_many);
    ask(r, DB, "UntagResource", "{'ResourceArn':'%s','TagKeys':[%s]}", arn, buf_zstr(&keys));
    assert_int_equal(count_at(ask(r, DB, "ListTagsOfResource", "{'ResourceArn':'%s'}", arn), "Tags"), 0);
    for (int i = 0; i < 1000; i++)
        buf_printf(&definitions, "%s{'AttributeName':'a%d','AttributeType':'S'}", i ? "," : "", i);
    assert_string_equal(
        refused(r, "ValidationException", DB, "CreateTable", create, buf_zstr(&definitions), ""),
        "One or more parameter values were invalid: Number of attributes in KeySchema does not "
        "exactly match number of attributes defined in AttributeDefinitions");
    assert_non_null(
        strstr(refused(r, "ValidationException", DB, "UpdateTable",
                       "{'TableName':'Orders','AttributeDefinitions':[%s],"
                       "'GlobalSecondaryIndexUpdates':[{'Create':{'IndexName':'byA','KeySchema':[{"
                       "'AttributeName':'a1','KeyType':'HASH'}],'Projection':{'ProjectionType':"
                       "'ALL'}}}]}",
                       buf_zstr(&definitions)),
               "Some AttributeDefinitions are not used. AttributeDefinitions: [a0, a1, a2,"));
    buf_release(&tags);
    buf_release(&keys);
    buf_release(&definitions);
}

static void small_looks_answer(void **state)
{
    struct room *r = *state;
    make_orders(r);
    assert_string_equal(text_at(ask(r, DB, "DescribeTimeToLive", "{'TableName':'Orders'}"),
                                "TimeToLiveDescription.TimeToLiveStatus"),
                        "DISABLED");
    assert_int_equal(int_at(ask(r, DB, "DescribeLimits", "{}"), "TableMaxReadCapacityUnits"), 40000);
    assert_string_equal(text_at(ask(r, DB, "DescribeEndpoints", "{}"), "Endpoints.0.Address"),
                        "localhost:4566");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, room_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_table_is_made_described_listed_and_deleted),
        TEST(tables_that_make_no_sense_are_refused),
        TEST(names_have_a_length),
        TEST(a_table_may_be_named_by_its_arn),
        TEST(indexes_project_at_most_100_attributes_by_name),
        TEST(a_table_changes),
        TEST(put_table_makes_it_so),
        TEST(items_are_put_got_updated_and_deleted),
        TEST(a_nested_update_returns_only_its_paths),
        TEST(conditions_guard_writes),
        TEST(keys_must_fit),
        TEST(items_have_a_largest_size),
        TEST(updates_cannot_nest_without_end),
        TEST(long_numbers_do_not_fill_the_house),
        TEST(a_query_reads_a_range_in_order),
        TEST(pages_go_on_where_the_last_one_ended),
        TEST(a_range_ends_at_its_bound),
        TEST(key_conditions_must_fit_the_keys),
        TEST(key_conditions_have_a_size),
        TEST(a_global_index_follows_the_items),
        TEST(items_older_than_an_index_may_not_fit_it),
        TEST(a_wrong_index_key_is_told_with_the_first_index),
        TEST(a_local_index_fetches_what_it_does_not_hold),
        TEST(the_segments_of_a_scan_meet_every_item_once),
        TEST(a_page_ends_at_one_megabyte),
        TEST(batches_write_and_read),
        TEST(a_batch_says_little_of_a_wrong_key),
        TEST(an_item_of_long_numbers_is_refused_by_a_batch_too),
        TEST(a_batch_tells_of_its_collections),
        TEST(a_batch_reads_at_most_16_mb),
        TEST(consumed_capacity_is_reported),
        TEST(the_network_gets_the_same_as_text),
        TEST(models_load_again_from_the_store),
        TEST(tags_are_kept),
        TEST(lists_of_a_table_have_an_end),
        TEST(small_looks_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
