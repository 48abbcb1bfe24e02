/* SQS as its clients see it on the wire: a queue's own path, the forms of answers in XML and in both kinds of
 * JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "aws_ask.h"
#include "sqs/sqs.h"

static const struct service *const services[] = {&sqs_service, NULL};

#define FORM "Content-Type: application/x-www-form-urlencoded"
#define PATH "/000000000000/jobs"
static const char *const form[] = {FORM, NULL};
static const char *const accept_json[] = {"Accept: application/json", NULL};

static int setup(void **state)
{
    struct aws_test *t = calloc(1, sizeof(*t));
    aws_test_open(t, services);
    aws_ask(t, "POST /", form, "Action=CreateQueue&Version=2012-11-05&QueueName=jobs");
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    aws_test_close(*state);
    free(*state);
    return 0;
}

static void assert_has(struct aws_test *t, const char *text)
{
    if (str_search(t->body, str_z(text)) < 0)
        fail_msg("%.*s\ndoes not have %s", STR_ARG(t->body), text);
}

static void json(struct aws_test *t, const char *operation, const char *body)
{
    char target[80];
    snprintf(target, sizeof(target), "X-Amz-Target: AmazonSQS.%s", operation);
    aws_ask(t, "POST /", (const char *[]){"Content-Type: application/x-amz-json-1.0", target, NULL}, body);
    assert_int_equal(t->status, 200);
}

static void a_queues_own_path_takes_queue_actions(void **state)
{
    struct aws_test *t = *state;
    aws_ask(t, "GET " PATH "?Action=SendMessage&MessageBody=tea", NULL, ""); /* no signature, no version */
    assert_has(t, "<SendMessageResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">");
    aws_ask(t, "GET /queue/us-east-1" PATH "?Action=ReceiveMessage", NULL, "");
    assert_has(t, "<Body>tea</Body>");
    aws_ask(t, "GET " PATH "?Action=GetQueueUrl&QueueName=jobs", NULL, ""); /* for some reason */
    assert_has(t, "/000000000000/jobs</QueueUrl>");
    aws_ask(t, "GET " PATH "?Action=SendMessage", NULL, "");
    assert_has(t, "<Code>MissingParameter</Code><Message>The request must contain the parameter MessageBody."
                  "</Message><Detail/>");
}

static void a_queues_own_path_takes_no_other_actions(void **state)
{
    struct aws_test *t = *state;
    const char *const actions[] = {"ListQueues", "CreateQueue", "FooBar"};
    for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
        char line[100], says[200];
        snprintf(line, sizeof(line), "GET " PATH "?Action=%s&QueueName=other&Version=2012-11-05", actions[i]);
        snprintf(
            says, sizeof(says),
            "<Error><Type>Sender</Type><Code>InvalidAction</Code><Message>The action %s is not valid for "
            "this endpoint.</Message><Detail/></Error>",
            actions[i]);
        aws_ask(t, line, NULL, "");
        assert_int_equal(t->status, 400);
        assert_has(t, says);
    }
    json(t, "ListQueues", "{\"QueueNamePrefix\":\"other\"}");
    assert_body(t, "{}");
}

static void without_an_action_there_is_no_operation(void **state)
{
    struct aws_test *t = *state;
    const char *const *const headers[] = {NULL, accept_json};
    for (size_t i = 0; i < 2; i++) {
        aws_ask(t, "GET " PATH, headers[i], "");
        assert_int_equal(t->status, 404);
        assert_body(t, "<UnknownOperationException/>");
        assert_string_equal(aws_header(t, "content-type"), "text/xml");
    }
}

static void an_empty_result_is_an_empty_element(void **state)
{
    struct aws_test *t = *state;
    const char *const actions[] = {"ReceiveMessage", "ListQueueTags", "ListDeadLetterSourceQueues",
                                   "GetQueueAttributes"};
    for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
        char line[100], says[200];
        snprintf(line, sizeof(line), "GET " PATH "?Action=%s", actions[i]);
        snprintf(says, sizeof(says), "/2012-11-05/\"><%sResult/><ResponseMetadata>", actions[i]);
        aws_ask(t, line, NULL, "");
        assert_has(t, says);
    }
    aws_ask(t, "GET " PATH "?Action=PurgeQueue", NULL, "");
    assert_has(t,
               "<PurgeQueueResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><ResponseMetadata>");
}

#define URL "\"QueueUrl\":\"jobs\""

static void what_is_empty_is_left_out_of_json(void **state)
{
    struct aws_test *t = *state;
    const char *const empty[] = {"ReceiveMessage", "ListQueueTags", "ListDeadLetterSourceQueues",
                                 "GetQueueAttributes"};
    for (size_t i = 0; i < sizeof(empty) / sizeof(*empty); i++) {
        json(t, empty[i], "{" URL "}");
        assert_body(t, "{}");
    }
    json(t, "SendMessageBatch", "{" URL ",\"Entries\":[{\"Id\":\"a\",\"MessageBody\":\"x\"}]}");
    assert_has(t, "{\"Successful\":[");
    assert_true(str_search(t->body, STR("Failed")) < 0);
    json(t, "SendMessageBatch",
         "{" URL ",\"Entries\":[{\"Id\":\"a\",\"MessageBody\":\"x\",\"DelaySeconds\":901}]}");
    assert_has(t, "{\"Failed\":[");
    assert_true(str_search(t->body, STR("Successful")) < 0);
}

static void an_operation_without_an_answer_has_an_empty_body(void **state)
{
    struct aws_test *t = *state;
    json(t, "TagQueue", "{" URL ",\"Tags\":{\"a\":\"1\"}}");
    assert_body(t, "");
    json(t, "PurgeQueue", "{" URL "}");
    assert_body(t, "");
    assert_string_equal(aws_header(t, "content-type"), "application/x-amz-json-1.0");
}

static void query_clients_that_accept_json_get_json(void **state)
{
    struct aws_test *t = *state;
    aws_ask(t, "GET " PATH "?Action=SendMessage&MessageBody=tea", accept_json, "");
    assert_string_equal(aws_header(t, "content-type"), "application/json");
    assert_true(str_starts(t->body, STR("{\"SendMessageResponse\":{\"ResponseMetadata\":{\"RequestId\":\"")));
    assert_has(t, "\"},\"SendMessageResult\":{\"MD5OfMessageAttributes\":null,\"MD5OfMessageBody\":\"");
    assert_has(t, ",\"MD5OfMessageSystemAttributes\":null,\"MessageId\":\"");
    aws_ask(t, "GET " PATH "?Action=ReceiveMessage&AttributeName.1=SenderId", accept_json, "");
    assert_has(
        t, "{\"ReceiveMessageResponse\":{\"ReceiveMessageResult\":{\"messages\":[{\"Attributes\":[{\"Name\":"
           "\"SenderId\",\"Value\":\"000000000000\"}],\"Body\":\"tea\",\"MD5OfBody\":");
    aws_ask(t, "GET " PATH "?Action=ReceiveMessage", accept_json, "");
    assert_has(t, "{\"messages\":null},\"ResponseMetadata\":{\"RequestId\":\"");
    aws_ask(t, "POST /", (const char *[]){FORM, "Accept: application/json", NULL},
            "Action=ListQueues&Version=2012-11-05&QueueNamePrefix=none");
    assert_has(t, "{\"ListQueuesResponse\":{\"ListQueuesResult\":{\"NextToken\":null,\"queueUrls\":null},"
                  "\"ResponseMetadata\":{");
    aws_ask(t, "GET " PATH "?Action=ListQueues", accept_json, "");
    assert_int_equal(t->status, 400);
    assert_has(
        t, "{\"Error\":{\"Code\":\"InvalidAction\",\"Message\":\"The action ListQueues is not valid for this "
           "endpoint.\",\"Type\":\"Sender\"},\"RequestId\":\"");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_queues_own_path_takes_queue_actions),   TEST(a_queues_own_path_takes_no_other_actions),
        TEST(without_an_action_there_is_no_operation), TEST(an_empty_result_is_an_empty_element),
        TEST(what_is_empty_is_left_out_of_json),       TEST(an_operation_without_an_answer_has_an_empty_body),
        TEST(query_clients_that_accept_json_get_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
