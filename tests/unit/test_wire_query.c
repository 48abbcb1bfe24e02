/* The AWS endpoint in the Query and REST-JSON protocols: where each member of an input and an answer lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws_ask.h"
#include "base/json.h"

/* Answers with its input as it was read. */
static enum op_end run_echo(struct call *c, const void *in)
{
    (void)in;
    c->out = c->in;
    c->in = NULL;
    return OP_DONE;
}

static enum op_end run_fail(struct call *c, const void *in)
{
    static const struct fault gone = {.code = "TopicGone", .http = 404, .query = "NotFound"};
    (void)in;
    return call_fail(c, &gone, "<no topic>");
}

struct any_in {
    struct str text;
    int64_t number, time;
    int flag;
    const cJSON *tree;
};

static const struct shape_row attribute_value[] = {OUT(SHAPE_STR, "DataType"), OUT(SHAPE_STR, "StringValue"),
                                                   SHAPE_END};
static const struct shape_row attribute = {.name = "Value", .type = SHAPE_STRUCT, .of = attribute_value};
static const struct shape_row text_value = {.name = "Value", .type = SHAPE_STR};
static const struct shape_row entry_rows[] = {
    OUT(SHAPE_STR, "Id"),
    OUT(SHAPE_INT, "DelaySeconds"),
    OUT(SHAPE_MAP, "MessageAttributes", .flags = SHAPE_FLAT, .of = &attribute, .wire = "MessageAttribute",
        .key_wire = "Name", .value_wire = "Value"),
    SHAPE_END,
};
static const struct shape_row entry = {.name = "Entry", .type = SHAPE_STRUCT, .of = entry_rows};

static const struct shape_row rows[] = {
    IN_STR(any_in, text, "QueueUrl"),
    IN_INT(any_in, number, "Count"),
    IN_BOOL(any_in, flag, "Flag"),
    IN_TIME(any_in, time, "When"),
    IN_LIST(any_in, tree, "Names", .flags = SHAPE_FLAT, .of = &text_value, .wire = "Name"),
    IN_LIST(any_in, tree, "Members", .of = &text_value),
    IN_LIST(any_in, tree, "Entries", .of = &entry),
    IN_MAP(any_in, tree, "Attributes", .of = &text_value),
    IN_MAP(any_in, tree, "Flat", .flags = SHAPE_FLAT, .of = &text_value, .wire = "Attribute",
           .key_wire = "Name", .value_wire = "Value"),
    SHAPE_END,
};

static const struct op_row echo = {"Echo", run_echo, rows, sizeof(struct any_in), .out = rows};
static const struct op_row plain = {.name = "Plain", .run = run_echo};
static const struct op_row fail_op = {.name = "Fail", .run = run_fail};

struct call_in {
    struct str name, type, log;
    int64_t max;
    struct str payload;
};
static const struct shape_row call_rows[] = {
    IN_STR(call_in, name, "FunctionName", .flags = SHAPE_REQ | SHAPE_IN_URI),
    IN_STR(call_in, type, "Type", .flags = SHAPE_IN_HEADER, .wire = "X-Amz-Invocation-Type"),
    IN_INT(call_in, max, "MaxItems", .flags = SHAPE_IN_QUERY),
    IN_BLOB(call_in, payload, "Payload", .flags = SHAPE_PAYLOAD),
    SHAPE_END,
};
static const struct shape_row call_out_rows[] = {
    OUT(SHAPE_INT, "StatusCode", .flags = SHAPE_IN_STATUS),
    OUT(SHAPE_STR, "FunctionError", .flags = SHAPE_IN_HEADER, .wire = "X-Amz-Function-Error"),
    OUT(SHAPE_BLOB, "Payload", .flags = SHAPE_PAYLOAD),
    SHAPE_END,
};

/* The payload comes back with the rest of the input behind it. */
static enum op_end run_call(struct call *c, const void *in)
{
    (void)in;
    buf_str(&c->payload_out, c->payload);
    json_print(&c->payload_out, c->in);
    c->payload_set = true;
    cJSON_AddNumberToObject(call_out(c), "StatusCode", 202);
    cJSON_AddStringToObject(call_out(c), "FunctionError", "Unhandled");
    return OP_DONE;
}

static const struct op_row invoke = {"Invoke",
                                     run_call,
                                     call_rows,
                                     sizeof(struct call_in),
                                     .out = call_out_rows,
                                     .http = "POST /2015-03-31/functions/{FunctionName}/invocations"};
static const struct op_row list = {"List", run_echo, call_rows, sizeof(struct call_in),
                                   .http = "GET /2015-03-31/functions/"};
static const struct op_row remove_op = {"Remove", run_fail, .http = "DELETE /2015-03-31/{Key+}"};

static const struct op_row *const ops[] = {&echo, &plain, &fail_op, NULL};
static const struct op_row *const rest_ops[] = {&invoke, &list, &remove_op, NULL};
static const struct service sns = {.name = "sns",
                                   .version = "2010-03-31",
                                   .xmlns = "http://sns.amazonaws.com/doc/2010-03-31/",
                                   .wires = WIRE_QUERY,
                                   .ops = ops};
static const struct service lambda = {.name = "lambda", .wires = WIRE_REST_JSON, .ops = rest_ops};
static const struct service *const services[] = {&sns, &lambda, NULL};

static struct aws_test t;

static int setup(void **state)
{
    (void)state;
    aws_test_open(&t, services);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    aws_test_close(&t);
    return 0;
}

/* The result between <EchoResult> and its end. */
static void asks(const char *form, const char *xml)
{
    char body[1000];
    snprintf(body, sizeof body, "Action=Echo&Version=2010-03-31%s", form);
    aws_ask(&t, "POST /", NULL, body);
    ptrdiff_t from = str_search(t.body, STR("<EchoResult>")), to = str_search(t.body, STR("</EchoResult>"));
    assert_int_equal(t.status, 200);
    assert_true(from > 0 && to > from);
    assert_string_equal(arena_z(&t.arena, str_sub(t.body, (size_t)from + 12, (size_t)(to - from - 12))), xml);
}

static void test_scalars(void **state)
{
    (void)state;
    asks("&QueueUrl=http%3A%2F%2Fa%2Fb+c&Count=5&Flag=true&When=2026-11-22T09:30:00Z",
         "<QueueUrl>http://a/b c</QueueUrl><Count>5</Count><Flag>true</Flag>"
         "<When>2026-11-22T09:30:00.000Z</When>");
}

/* What strtod would take for a number is none in a form. */
static void test_numbers(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "nan", "inf", "0x10", "+5+", "%205", "5.5", "1e3", "99999999999999999999", ""};
    char body[200];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(body, sizeof body, "Action=Echo&Version=2010-03-31&Count=%s", bad[i]);
        aws_ask(&t, "POST /", NULL, body);
        if (t.status != 400 || str_search(t.body, STR("STRING_VALUE cannot be converted")) < 0)
            fail_msg("Count=%s: %d %.*s", bad[i], t.status, STR_ARG(t.body));
    }
}

/* No field is cut at a zero, as a form can write it in two ways; nor is a name, or a part of a path. */
static void test_zeros(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "&QueueUrl=a%00b",
        "&Names.member.1=%00",
        "&Name.1=x&Name.2=a%00b",
        "&Attributes.entry.1.key=a%00b&Attributes.entry.1.value=c",
        "&Members.member.1=a%00",
        "&Entries.member.1.Id=%00a",
        "&Attribute.1.Name=a&Attribute.1.Value=%00",
    };
    char body[200];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(body, sizeof body, "Action=Echo&Version=2010-03-31%s", bad[i]);
        aws_ask(&t, "POST /", NULL, body);
        if (i == 1 ? t.status != 200 : t.status != 400) /* the second names no member, so nothing is read */
            fail_msg("%s: %d %.*s", bad[i], t.status, STR_ARG(t.body));
    }
    aws_ask(&t, "POST /2015-03-31/functions/a%00b/invocations", NULL, "{}");
    assert_int_equal(t.status, 400);
}

static void test_lists(void **state)
{
    (void)state;
    asks("&Name.2=b&Name.1=%3Ca%3E&Name.10=c", "<Name>&lt;a&gt;</Name><Name>b</Name><Name>c</Name>");
    asks("&Members.member.1=x&Members.member.2=y", "<Members><member>x</member><member>y</member></Members>");
}

static void test_maps(void **state)
{
    (void)state;
    asks("&Attributes.entry.1.key=K&Attributes.entry.1.value=V",
         "<Attributes><entry><key>K</key><value>V</value></entry></Attributes>");
    asks("&Attribute.1.Name=K&Attribute.1.Value=V", "<Attribute><Name>K</Name><Value>V</Value></Attribute>");
}

static void test_nested(void **state)
{
    (void)state;
    asks("&Entries.member.1.Id=a&Entries.member.1.DelaySeconds=3"
         "&Entries.member.1.MessageAttribute.1.Name=n&Entries.member.1.MessageAttribute.1.Value.DataType="
         "String"
         "&Entries.member.1.MessageAttribute.1.Value.StringValue=s&Entries.member.2.Id=b",
         "<Entries><member><Id>a</Id><DelaySeconds>3</DelaySeconds><MessageAttribute><Name>n</Name>"
         "<Value><DataType>String</DataType><StringValue>s</StringValue></Value></MessageAttribute></member>"
         "<member><Id>b</Id></member></Entries>");
}

/* An element's fields need not stand together, what sorts between them is of no harm, and the last of one
 * name counts. */
static void test_fields_in_any_order(void **state)
{
    (void)state;
    asks("&Entries.member.2.Id=b&Entries!=x&Entries.member.10.Id=c&Entries.member.1.DelaySeconds=3&Entries-x."
         "y=z"
         "&Entries.member.1.Id=wrong&Entries=x&Entries.member.1.Id=a",
         "<Entries><member><Id>a</Id><DelaySeconds>3</DelaySeconds></member>"
         "<member><Id>b</Id></member><member><Id>c</Id></member></Entries>");
}

/* Nothing is cut off: a name of more parts than any member has is refused, and no value gets lost in it. */
static void test_deep_names(void **state)
{
    (void)state;
    char body[1000];
    for (int more = 0; more < 2; more++) {
        int n = snprintf(body, sizeof body, "Action=Echo&Version=2010-03-31&Members.member.1=x&a");
        for (int i = 0; i < 31 + more; i++)
            n += snprintf(body + n, sizeof body - (size_t)n, ".a");
        snprintf(body + n, sizeof body - (size_t)n, "=v");
        aws_ask(&t, "POST /", NULL, body);
        assert_int_equal(t.status, more ? 400 : 200);
    }
    assert_true(str_search(t.body, STR("<Code>MalformedInput</Code>")) > 0);
    assert_true(str_search(t.body, STR("name has too many parts")) > 0);
}

static void test_frame(void **state)
{
    (void)state;
    aws_ask(&t, "GET /?Action=Plain&Version=2010-03-31", NULL, "");
    const char *end = "</RequestId></ResponseMetadata></PlainResponse>";
    assert_true(
        str_starts(t.body, STR("<?xml version=\"1.0\"?><PlainResponse "
                               "xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><ResponseMetadata>")));
    assert_true(str_ends(t.body, str_z(end)));
}

static void test_faults(void **state)
{
    (void)state;
    aws_ask(&t, "POST /", NULL, "Action=Fail&Version=2010-03-31");
    assert_int_equal(t.status, 404);
    assert_true(str_search(t.body, STR("<Error><Type>Sender</Type><Code>NotFound</Code>"
                                       "<Message>&lt;no topic&gt;</Message>")) > 0);
    aws_ask(&t, "POST /", NULL, "Action=Nope&Version=2010-03-31");
    assert_int_equal(t.status, 400);
    assert_true(str_search(t.body, STR("<Code>InvalidAction</Code>")) > 0);
}

/* A service that is not there is named, in a form that its clients read. */
static void test_no_service(void **state)
{
    (void)state;
    static const char *const s3[] = {
        "Authorization: AWS4-HMAC-SHA256 Credential=x/20261122/us-east-1/s3/aws4_request", NULL};
    static const char *const eks[] = {
        "Authorization: AWS4-HMAC-SHA256 Credential=x/20261122/us-east-1/eks/aws4_request", NULL};
    aws_ask(&t, "GET /2015-03-31/functions", s3, ""); /* its path is no other service's */
    assert_int_equal(t.status, 400);
    assert_true(str_search(t.body, STR("<Message>tidepool has no service &quot;s3&quot;.</Message>")) > 0);
    aws_ask(&t, "GET /clusters", eks, "");
    assert_body(&t, "{\"message\":\"tidepool has no service \\\"eks\\\".\"}");
}

static void test_rest(void **state)
{
    (void)state;
    static const char *const h[] = {"X-Amz-Invocation-Type: Event", NULL};
    aws_ask(&t, "POST /2015-03-31/functions/arn%3Aaws%3Af/invocations", h, "payload");
    assert_int_equal(t.status, 202);
    assert_body(&t, "payload{\"FunctionName\":\"arn:aws:f\",\"Type\":\"Event\"}");
    assert_string_equal(aws_header(&t, "x-amz-function-error"), "Unhandled");
}

static void test_rest_addresses(void **state)
{
    (void)state;
    aws_ask(&t, "GET /2015-03-31/functions?MaxItems=5", NULL, "");
    assert_string_equal(aws_header(&t, "x-amzn-errortype"), "ValidationException"); /* no FunctionName */
    aws_ask(&t, "DELETE /2015-03-31/a/b", NULL, "");
    assert_string_equal(aws_header(&t, "x-amzn-errortype"), "TopicGone");
    assert_body(&t, "{\"message\":\"<no topic>\"}");
    aws_ask(&t, "GET /2015-03-31/functions/x/y", NULL, "");
    assert_string_equal(aws_header(&t, "x-amzn-errortype"), "UnknownOperationException");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_scalars, setup, teardown),
        cmocka_unit_test_setup_teardown(test_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lists, setup, teardown),
        cmocka_unit_test_setup_teardown(test_zeros, setup, teardown),
        cmocka_unit_test_setup_teardown(test_maps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nested, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fields_in_any_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deep_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_frame, setup, teardown),
        cmocka_unit_test_setup_teardown(test_faults, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_service, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rest_addresses, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
