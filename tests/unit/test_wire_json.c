/* The AWS endpoint in JSON: which operation is meant, what it gets, and how answers and faults look. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws_ask.h"

struct echo_in {
    struct str name;
    int64_t count;
    const cJSON *tree;
};

static const struct shape_row echo_rows[] = {
    IN_STR(echo_in, name, "Name", .flags = SHAPE_REQ),
    IN_INT(echo_in, count, "Count"),
    IN_TREE(echo_in, tree, "Tree", .flags = SHAPE_ZEROS),
    SHAPE_END,
};

/* Answers with what it got, and with who asked. */
static enum op_end run_echo(struct call *c, const void *input)
{
    const struct echo_in *in = input;
    cJSON *out = call_out(c);
    cJSON_AddStringToObject(out, "Name", in->name.p);
    if (in->count != SHAPE_NO_INT)
        cJSON_AddNumberToObject(out, "Count", (double)in->count);
    if (in->tree)
        cJSON_AddItemToObject(out, "Tree", json_copy(in->tree));
    cJSON_AddStringToObject(out, "Account", arena_z(&c->arena, c->account));
    cJSON_AddStringToObject(out, "Region", arena_z(&c->arena, c->region));
    return OP_DONE;
}

static const struct fault gone = {.code = "ThingGone", .http = 400, .query = "Older.ThingGone"};

static enum op_end run_fail(struct call *c, const void *in)
{
    (void)in;
    c->fault_extra = cJSON_Parse("{\"Item\":{\"N\":\"1\"}}");
    return call_fail(c, &gone, "no \"thing\"");
}

static enum op_end run_raw(struct call *c, const void *in)
{
    (void)in;
    buf_z(&c->payload_out, "{\"raw\":true}");
    c->payload_set = true;
    return OP_DONE;
}

static const struct op_row echo = {
    .name = "Echo", .run = run_echo, .in = echo_rows, .in_size = sizeof(struct echo_in)};
static const struct op_row fail_op = {.name = "Fail", .run = run_fail};
static const struct op_row raw = {.name = "Raw", .run = run_raw};
static const struct op_row hidden = {"Hidden", run_raw, .flags = OP_INTERNAL};
static const struct op_row *const ops[] = {&echo, &fail_op, &raw, &hidden, NULL};
static const struct service dynamodb = {
    .name = "dynamodb", .target = "Dynamo_2", .fault_ns = "com.x", .wires = WIRE_JSON10, .ops = ops};
static const struct service sqs = {.name = "sqs",
                                   .target = "AmazonSQS",
                                   .fault_ns = "com.amazonaws.sqs",
                                   .wires = WIRE_JSON10 | WIRE_QUERY,
                                   .ops = ops};
static const struct op_row more = {.name = "More", .run = run_raw};
static const struct op_row *const more_ops[] = {&more, NULL};
static const struct service sqs_more = {
    .name = "sqs", .target = "AmazonSQS", .wires = WIRE_JSON10, .ops = more_ops};
static const struct service *const services[] = {&dynamodb, &sqs, &sqs_more, NULL};

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

#define SIGNED(key, region, service)                                                                         \
    "Authorization: AWS4-HMAC-SHA256 Credential=" key "/20261122/" region "/" service                        \
    "/aws4_request, SignedHeaders=host, Signature=00"

static void test_answer(void **state)
{
    (void)state;
    static const char *const h[] = {"X-Amz-Target: Dynamo_2.Echo", "Content-Type: application/x-amz-json-1.0",
                                    SIGNED("123456789012", "eu-west-1", "dynamodb"), NULL};
    aws_ask(&t, "POST /", h, "{\"Name\":\"a\\u00e9\",\"Count\":3,\"Tree\":{\"x\":[1.5,null,-2]}}");
    assert_int_equal(t.status, 200);
    assert_body(&t, "{\"Name\":\"a\xc3\xa9\",\"Count\":3,\"Tree\":{\"x\":[1.5,null,-2]},"
                    "\"Account\":\"123456789012\",\"Region\":\"eu-west-1\"}");
    assert_string_equal(aws_header(&t, "content-type"), "application/x-amz-json-1.0");
    assert_int_equal(strlen(aws_header(&t, "x-amzn-requestid")), 36);
    assert_true(strlen(aws_header(&t, "x-amz-crc32")) > 0);
}

static void test_default_signer(void **state)
{
    (void)state;
    static const char *const h[] = {"X-Amz-Target: AmazonSQS.Echo",
                                    "Content-Type: application/x-amz-json-1.1",
                                    SIGNED("AKIAEXAMPLE", "us-east-1", "sqs"), NULL};
    aws_ask(&t, "POST /", h, "{\"Name\":\"\"}");
    assert_body(&t, "{\"Name\":\"\",\"Account\":\"000000000000\",\"Region\":\"us-east-1\"}");
    assert_string_equal(aws_header(&t, "content-type"), "application/x-amz-json-1.1");
    assert_string_equal(aws_header(&t, "x-amz-crc32"), "");
}

static void test_fault(void **state)
{
    (void)state;
    static const char *const h[] = {"X-Amz-Target: AmazonSQS.Fail", NULL};
    aws_ask(&t, "POST /", h, "{}");
    assert_int_equal(t.status, 400);
    assert_body(&t, "{\"__type\":\"com.amazonaws.sqs#ThingGone\",\"message\":\"no \\\"thing\\\"\","
                    "\"Item\":{\"N\":\"1\"}}");
    assert_string_equal(aws_header(&t, "x-amzn-query-error"), "Older.ThingGone;Sender");
}

static void test_raw_and_shared_name(void **state)
{
    (void)state;
    static const char *const h[] = {"X-Amz-Target: AmazonSQS.More", NULL};
    aws_ask(&t, "POST /", h, "{}");
    assert_body(&t, "{\"raw\":true}");
}

static void test_bad_body(void **state)
{
    (void)state;
    static const char *const h[] = {"X-Amz-Target: Dynamo_2.Echo", NULL};
    static const char *const bad[] = {"{", "[]", "{} x", "\"a\"", "{\"a\":}", NULL};
    for (int i = 0; bad[i]; i++) {
        aws_ask(&t, "POST /", h, bad[i]);
        assert_int_equal(t.status, 400);
        assert_true(str_search(t.body, STR("com.amazon.coral.service#SerializationException")) > 0);
    }
    aws_ask(&t, "POST /", h, "{\"Name\":nil}"); /* the place is told */
    assert_true(str_search(t.body, STR("see byte 9 of it")) > 0);
}

/* U+0000 is carried where an operation says so, in texts and names, and else refused: it cuts nothing. */
static void test_zeros(void **state)
{
    (void)state;
    static const char *const h[] = {"X-Amz-Target: Dynamo_2.Echo", NULL};
    aws_ask(&t, "POST /", h, "{\"Name\":\"n\",\"Tree\":{\"a\\u0000b\":\"c\\u0000\"}}");
    assert_true(str_starts(t.body, STR("{\"Name\":\"n\",\"Tree\":{\"a\\u0000b\":\"c\\u0000\"},")));
    aws_ask(&t, "POST /", h, "{\"Name\":\"n\\u0000\"}");
    assert_int_equal(t.status, 400);
    assert_true(
        str_search(t.body, STR("'name' failed to satisfy constraint: Member must not hold the character "
                               "U+0000")) > 0);
}

static void test_unknown(void **state)
{
    (void)state;
    static const char *const unknown[][2] = {
        {"X-Amz-Target: AmazonSQS.Nope", NULL},
        {"X-Amz-Target: AmazonSQS.Hidden", NULL},
        {"X-Amz-Target: Nobody.Echo", NULL},
        {"X-Amz-Target: x", NULL},
    };
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        aws_ask(&t, "POST /", unknown[i], "{}");
        assert_int_equal(t.status, 400);
        assert_true(str_search(t.body, STR("#UnknownOperationException")) > 0);
    }
}

static void test_browser(void **state)
{
    (void)state;
    static const char *const ours[] = {"Origin: http://localhost:5173", "X-Amz-Target: AmazonSQS.Raw", NULL};
    static const char *const theirs[] = {"Origin: https://example.com", "X-Amz-Target: AmazonSQS.Raw", NULL};
    static const char *const preflight[] = {"Origin: http://app.localhost",
                                            "Access-Control-Request-Method: POST",
                                            "Access-Control-Request-Headers: x-amz-target", NULL};
    aws_ask(&t, "POST /", ours, "{}");
    assert_int_equal(t.status, 200);
    assert_string_equal(aws_header(&t, "access-control-allow-origin"), "http://localhost:5173");
    aws_ask(&t, "POST /", theirs, "{}");
    assert_int_equal(t.status, 403);
    assert_string_equal(aws_header(&t, "access-control-allow-origin"), "");
    aws_ask(&t, "OPTIONS /", preflight, "");
    assert_int_equal(t.status, 204);
    assert_string_equal(aws_header(&t, "access-control-allow-headers"), "x-amz-target");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_default_signer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fault, setup, teardown),
        cmocka_unit_test_setup_teardown(test_raw_and_shared_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_body, setup, teardown),
        cmocka_unit_test_setup_teardown(test_zeros, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unknown, setup, teardown),
        cmocka_unit_test_setup_teardown(test_browser, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
