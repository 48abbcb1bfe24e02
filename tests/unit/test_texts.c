/* What requests are made of, whatever they say: no text is cut or changed in silence, no tree costs more than
 * a ceiling, and every refusal can be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws_ask.h"
#include "base/codec.h"
#include "base/json.h"
#include "dynamodb/dynamodb.h"
#include "sns/sns.h"
#include "sqs/sqs.h"

static const struct service *const services[] = {&dynamodb_service, &dynamodbstreams_service, &sqs_service,
                                                 &sns_service, NULL};
static struct aws_test t;

static void asks(const char *target, const char *body)
{
    char header[100];
    const char *const h[] = {header, NULL};
    snprintf(header, sizeof header, "X-Amz-Target: %s", target);
    aws_ask(&t, "POST /", h, body);
}

static void answers(int status, const char *part)
{
    if (t.status != status || str_search(t.body, str_z(part)) < 0)
        fail_msg("%d %.*s", t.status, (int)(t.body.n > 2000 ? 2000 : t.body.n), t.body.p);
}

#define DYNAMO "DynamoDB_20120810."

static int setup(void **state)
{
    (void)state;
    aws_test_open(&t, services);
    asks(DYNAMO "CreateTable",
         "{\"TableName\":\"tab\",\"BillingMode\":\"PAY_PER_REQUEST\",\"AttributeDefinitions\":[{"
         "\"AttributeName\":\"id\",\"AttributeType\":\"S\"}],\"KeySchema\":[{\"AttributeName\":"
         "\"id\",\"KeyType\":\"HASH\"}],\"StreamSpecification\":{\"StreamEnabled\":true,"
         "\"StreamViewType\":\"NEW_IMAGE\"}}");
    answers(200, "tab");
    asks("AmazonSQS.CreateQueue", "{\"QueueName\":\"q\"}");
    answers(200, "q");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    aws_test_close(&t);
    return 0;
}

/* In keys, values, names of attributes at each depth, and behind placeholders. */
static void dynamodb_keeps_u0000(void **state)
{
    (void)state;
    asks(DYNAMO "PutItem",
         "{\"TableName\":\"tab\",\"Item\":{\"id\":{\"S\":\"k\\u0000\"},\"a\\u0000b\":{\"M\":{\"\\u0000\":"
         "{\"SS\":[\"x\",\"x\\u0000\"]}}}}}");
    answers(200, "{}");
    asks(DYNAMO "GetItem", "{\"TableName\":\"tab\",\"Key\":{\"id\":{\"S\":\"k\"}}}");
    assert_body(&t, "{}");
    asks(DYNAMO "GetItem",
         "{\"TableName\":\"tab\",\"Key\":{\"id\":{\"S\":\"k\\u0000\"}},\"ProjectionExpression\":\"#n\","
         "\"ExpressionAttributeNames\":{\"#n\":\"a\\u0000b\"}}");
    assert_body(&t, "{\"Item\":{\"a\\u0000b\":{\"M\":{\"\\u0000\":{\"SS\":[\"x\",\"x\\u0000\"]}}}}}");
    asks(DYNAMO "Scan",
         "{\"TableName\":\"tab\",\"FilterExpression\":\"id = :v\",\"ExpressionAttributeValues\":{\":v\":"
         "{\"S\":\"k\\u0000\"}}}");
    answers(200, "\"Count\":1");
    asks(DYNAMO "BatchWriteItem",
         "{\"RequestItems\":{\"tab\":[{\"PutRequest\":{\"Item\":{\"id\":{\"S\":\"\\u0000\"}}}}]}}");
    answers(200, "UnprocessedItems");
    asks(DYNAMO "GetItem", "{\"TableName\":\"tab\",\"Key\":{\"id\":{\"S\":\"\\u0000\"}}}");
    assert_body(&t, "{\"Item\":{\"id\":{\"S\":\"\\u0000\"}}}");
    asks(DYNAMO "GetItem", "{\"TableName\":\"tab\\u0000\",\"Key\":{\"id\":{\"S\":\"k\"}}}");
    answers(400, "ValidationException");
}

static void sqs_refuses_u0000_in_its_words(void **state)
{
    (void)state;
#define URL "\"QueueUrl\":\"http://localhost:4566/000000000000/q\""
    asks("AmazonSQS.SendMessage", "{" URL ",\"MessageBody\":\"a\\u0000b\"}");
    answers(400, "InvalidMessageContents");
    aws_ask(&t, "POST /000000000000/q", NULL, "Action=SendMessage&Version=2012-11-05&MessageBody=a%00b");
    answers(400, "InvalidMessageContents");
    asks("AmazonSQS.SendMessage",
         "{" URL ",\"MessageBody\":\"a\",\"MessageAttributes\":{\"n\\u0000\":{\"DataType\":"
         "\"String\",\"StringValue\":\"v\"}}}");
    answers(400, "InvalidParameterValue");
    asks("AmazonSQS.SendMessageBatch",
         "{" URL ",\"Entries\":[{\"Id\":\"a\",\"MessageBody\":\"a\"},{\"Id\":\"b\",\"MessageBody\":"
         "\"\\u0000\"}]}");
    answers(200, "\"Code\":\"InvalidMessageContents\"");
    asks("AmazonSQS.CreateQueue", "{\"QueueName\":\"na\\u0000me\"}");
    answers(400, "Can only include alphanumeric characters");
    asks("AmazonSQS.TagQueue", "{" URL ",\"Tags\":{\"a\":\"\\u0000\"}}");
    answers(400, "InvalidParameterValue");
}

static void sns_refuses_u0000_in_its_words(void **state)
{
    (void)state;
    aws_ask(&t, "POST /", NULL, "Action=CreateTopic&Version=2010-03-31&Name=na%00me");
    answers(400, "<Code>InvalidParameter</Code><Message>Invalid parameter: Topic Name");
    aws_ask(&t, "POST /", NULL, "Action=CreateTopic&Version=2010-03-31&Name=news");
    answers(200, "news");
    aws_ask(&t, "POST /", NULL,
            "Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A000000000000%3Anews&"
            "Message=a%00b");
    answers(400, "<Code>InvalidParameter</Code><Message>Invalid parameter: Message");
}

/* Half a pair is no character: it is refused, and does not become another. */
static void half_a_surrogate_pair_is_refused(void **state)
{
    (void)state;
    asks(DYNAMO "PutItem", "{\"TableName\":\"tab\",\"Item\":{\"id\":{\"S\":\"\\ud83d\"}}}");
    answers(400, "SerializationException");
    asks("AmazonSQS.SendMessage", "{" URL ",\"MessageBody\":\"\\ude00\"}");
    answers(400, "SerializationException");
    asks(DYNAMO "PutItem", "{\"TableName\":\"tab\",\"Item\":{\"id\":{\"S\":\"\\ud83d\\ude00\"}}}");
    answers(200, "{}");
}

/* Whatever it repeats. */
static void an_error_is_text(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"TableName\":\"\xff\",\"Key\":{}}",
        "{\"TableName\":\"tab\",\"Key\":{\"id\":{\"S\":\"a\"}},\"ProjectionExpression\":\"\xc3(\"}",
        "{\"TableName\":\"tab\",\"Key\":{\"id\":{\"N\":\"\xff\"}}}",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        asks(DYNAMO "GetItem", bodies[i]);
        answers(400, "__type");
        cJSON *tree = json_tree(t.body);
        if (!tree || !codec_utf8_valid(t.body))
            fail_msg("no JSON: %.*s", STR_ARG(t.body));
        cJSON_Delete(tree);
        assert_string_equal(aws_header(&t, "Content-Type"), "application/x-amz-json-1.0");
    }
    asks("Nothing\xff.At\xfe", "{}");
    assert_true(codec_utf8_valid(t.body));
    aws_ask(&t, "POST /", NULL, "Action=%FF&Version=2010-03-31");
    assert_true(codec_utf8_valid(t.body));
}

static const char *repeated(const char *head, const char *part, size_t times, const char *tail)
{
    struct buf b;
    buf_init(&b, 64u << 20);
    buf_z(&b, head);
    for (size_t i = 0; i < times; i++)
        buf_z(&b, part);
    buf_z(&b, tail);
    const char *z = arena_z(&t.arena, buf_view(&b));
    buf_release(&b);
    return z;
}

/* Of values and of bytes, by what the service takes and how the protocol spells it. */
static void what_is_beyond_a_service_is_not_read(void **state)
{
    (void)state;
    asks(DYNAMO "PutItem", repeated("{\"a\":[", "{},", 200000, "{}]}"));
    answers(413, "RequestEntityTooLarge");
    asks("AmazonSQS.SendMessage", repeated("{\"a\":[", "0,", 20000, "0]}"));
    answers(413, "RequestEntityTooLarge");
    asks("AmazonSQS.SendMessage", repeated("{" URL ",\"MessageBody\":\"", "\\u0061", 1u << 20, "\"}"));
    answers(200, "MD5OfMessageBody"); /* 1 MiB, as long as it can be spelled */
    asks("AmazonSQS.SendMessage",
         repeated("{" URL ",\"MessageBody\":\"", "a", (6u << 20) + (64u << 10), "\"}"));
    answers(413, "RequestEntityTooLarge");
    aws_ask(&t, "POST /", NULL,
            repeated("Action=Publish&Version=2010-03-31&Message=", "a", (3u << 18) + (64u << 10), ""));
    answers(413, "<Code>RequestEntityTooLarge</Code>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(dynamodb_keeps_u0000, setup, teardown),
        cmocka_unit_test_setup_teardown(sqs_refuses_u0000_in_its_words, setup, teardown),
        cmocka_unit_test_setup_teardown(sns_refuses_u0000_in_its_words, setup, teardown),
        cmocka_unit_test_setup_teardown(half_a_surrogate_pair_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(an_error_is_text, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_beyond_a_service_is_not_read, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
