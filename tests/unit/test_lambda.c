/* The Lambda service through its door, with handlers run in this process: functions, invocations and their
 * errors, logs, throttles, asynchronous events on a frozen clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/codec.h"
#include "control/control.h"
#include "core/conf.h"
#include "door/door.h"
#include "door/invoke.h"
#include "door/trace.h"
#include "lambda/lambda.h"
#include "lambda/store.h"
#include <stdlib.h>

/* --- a service for handlers to call */

static const struct fault too_shy = {.code = "TooShyException", .http = 418, .text = "not today"};

static enum op_end greet(struct call *c, const void *in)
{
    (void)in;
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(c->in, "Name"));
    if (!name)
        return call_fail(c, &too_shy, NULL);
    cJSON_AddStringToObject(call_out(c), "Greeting", arena_printf(&c->arena, "hello %s", name).p);
    cJSON_AddStringToObject(c->out, "Causes", arena_z(&c->arena, c->causes));
    return OP_DONE;
}

static const struct op_row greet_op = {.name = "SayHello", .run = greet};
static const struct op_row secret_op = {.name = "Secret", .run = greet, .flags = OP_INTERNAL};
static const struct op_row *const greeter_ops[] = {&greet_op, &secret_op, NULL};
static const struct service greeter = {.name = "greeter", .wires = WIRE_JSON10, .ops = greeter_ops};

/* --- a world */

static const struct service *const services[] = {&lambda_service, &greeter, &control_service, NULL};

struct fixture {
    struct conf conf;
    struct world *w;
};

static int set_up(void **state)
{
    struct fixture *x = calloc(1, sizeof(*x));
    struct store *store;
    conf_init(&x->conf);
    x->conf.run_inline = true;
    assert_int_equal(store_open(&store, NULL, 0, NULL), RC_OK);
    x->w =
        world_new(&(struct world_setup){.conf = &x->conf, .store = store, .services = services, .seed = 7});
    assert_non_null(x->w);
    *state = x;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *x = *state;
    world_free(x->w);
    conf_release(&x->conf);
    free(x);
    return 0;
}

static struct world *world_of(void **state)
{
    return ((struct fixture *)*state)->w;
}

/* --- asking */

static struct call *ask(struct world *w, const char *operation, const char *in)
{
    struct call *c = door_open(w, NULL, "lambda", operation);
    assert_non_null(c);
    c->in = cJSON_Parse(in);
    assert_non_null(c->in);
    return door_wait(c);
}

static void asks(struct world *w, const char *operation, const char *in)
{
    struct call *c = ask(w, operation, in);
    if (c->fault)
        fail_msg("%s: %s", c->fault->code, c->fault_text.p);
    call_free(c);
}

static void refused(struct world *w, const char *operation, const char *in, int http, const char *code,
                    const char *text)
{
    struct call *c = ask(w, operation, in);
    assert_non_null(c->fault);
    assert_string_equal(c->fault->code, code);
    assert_int_equal(c->fault->http, http);
    if (!str_is(c->fault_text, text))
        fail_msg("'%.*s' is not '%s'", STR_ARG(c->fault_text), text);
    call_free(c);
}

/* more: further members of PutFunction's input, ", ..." */
static void put_function(struct world *w, const char *name, const char *code, const char *more)
{
    cJSON *in = cJSON_Parse(more[0] ? more : "{}");
    assert_non_null(in);
    cJSON_AddStringToObject(in, "FunctionName", name);
    cJSON_AddStringToObject(in, "Runtime", "lua5.4");
    cJSON_AddStringToObject(in, "Handler", "index");
    cJSON_AddStringToObject(in, "InlineCode", code);
    char *text = cJSON_PrintUnformatted(in);
    asks(w, "PutFunction", text);
    free(text);
    cJSON_Delete(in);
}

/* more: further members of Invoke's input as an object, or "". */
static struct call *invoke(struct world *w, const char *name, const char *payload, const char *more)
{
    struct call *c = door_open(w, NULL, "lambda", "Invoke");
    c->in = cJSON_Parse(more[0] ? more : "{}");
    cJSON_AddStringToObject(c->in, "FunctionName", name);
    c->payload = str_z(payload);
    return door_wait(c);
}

static const char *member(const struct call *c, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItem(c->out, name));
}

static void answers(struct world *w, const char *name, const char *payload, const char *expected)
{
    struct call *c = invoke(w, name, payload, "");
    if (c->fault)
        fail_msg("%s: %s", c->fault->code, c->fault_text.p);
    assert_null(member(c, "FunctionError"));
    assert_string_equal(buf_zstr(&c->payload_out), expected);
    assert_int_equal(c->status, 200);
    assert_string_equal(member(c, "ExecutedVersion"), "$LATEST");
    call_free(c);
}

#define ECHO "return function(event) return event end"
#define FAIL "return function(event) error('boom') end"

/* --- functions */

static void test_functions(void **state)
{
    struct world *w = world_of(state);
    put_function(w, "zebra", ECHO, "{\"Timeout\":5,\"Environment\":{\"Variables\":{\"A1\":\"1\"}}}");
    put_function(w, "ant", ECHO, "{\"Tags\":{\"team\":\"a\"}}");

    struct call *c = ask(w, "GetFunction", "{\"FunctionName\":\"zebra\"}");
    cJSON *conf = cJSON_GetObjectItem(c->out, "Configuration");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(conf, "FunctionArn")),
                        "arn:aws:lambda:us-east-1:000000000000:function:zebra");
    assert_int_equal(cJSON_GetObjectItem(conf, "Timeout")->valueint, 5);
    assert_int_equal(cJSON_GetObjectItem(conf, "MemorySize")->valueint, 128);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(conf, "State")), "Active");
    call_free(c);

    c = ask(w, "ListFunctions", "{\"MaxItems\":1}");
    assert_string_equal(member(c, "NextMarker"), "ant");
    const cJSON *functions = cJSON_GetObjectItem(c->out, "Functions");
    assert_int_equal(cJSON_GetArraySize(functions), 1);
    assert_null(cJSON_GetObjectItem(cJSON_GetArrayItem(functions, 0), "State"));
    call_free(c);
    c = ask(w, "ListFunctions", "{\"Marker\":\"ant\"}");
    assert_null(member(c, "NextMarker"));
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(c->out, "Functions")), 1);
    call_free(c);

    world_drop(w); /* the models are only a cache */
    asks(w, "GetFunctionConfiguration", "{\"FunctionName\":\"function:ant:$LATEST\"}");
    asks(w, "DeleteFunction", "{\"FunctionName\":\"ant\"}");
    refused(w, "GetFunction", "{\"FunctionName\":\"ant\"}", 404, "ResourceNotFoundException",
            "Function not found: arn:aws:lambda:us-east-1:000000000000:function:ant");
}

static void revision_of(struct world *w, const char *in, char out[64])
{
    struct call *c = ask(w, "GetFunctionConfiguration", in);
    str_copy(str_z(member(c, "RevisionId")), out, 64);
    call_free(c);
}

static void test_an_unchanged_function_is_left_untouched(void **state)
{
    struct world *w = world_of(state);
    const char *who = "{\"FunctionName\":\"f\"}";
    char before[64], after[64];
    put_function(w, "f", ECHO, "");
    asks(w, "PutFunctionConcurrency", "{\"FunctionName\":\"f\",\"ReservedConcurrentExecutions\":3}");
    revision_of(w, who, before);
    put_function(w, "f", ECHO, "");
    revision_of(w, who, after);
    assert_string_equal(before, after);
    struct call *c = ask(w, "GetFunctionConcurrency", who);
    assert_int_equal(cJSON_GetObjectItem(c->out, "ReservedConcurrentExecutions")->valueint, 3);
    call_free(c);
    asks(w, "DeleteFunctionConcurrency", who);
    c = ask(w, "GetFunctionConcurrency", who);
    assert_null(cJSON_GetObjectItem(c->out, "ReservedConcurrentExecutions"));
    call_free(c);
}

/* The name fits no function's name. */
static void asks_badly(struct world *w, const char *name)
{
    char in[200];
    snprintf(in, sizeof(in), "{\"FunctionName\":\"%s\"}", name);
    struct call *c = ask(w, "Invoke", in);
    if (!c->fault || !str_is(str_z(c->fault->code), "ValidationException"))
        fail_msg("taken for a function's name: %s", name);
    call_free(c);
}

static void test_refusals(void **state)
{
    struct world *w = world_of(state);
    refused(w, "PutFunction",
            "{\"FunctionName\":\"f\",\"Runtime\":\"nodejs22.x\",\"Handler\":\"i\",\"InlineCode\":\"x\"}", 400,
            "InvalidParameterValueException",
            "Runtime nodejs22.x is not supported by tidepool yet: use provided.al2023 or lua5.4");
    refused(w, "PutFunction",
            "{\"FunctionName\":\"f\",\"Runtime\":\"lua5.4\",\"Handler\":\"i\",\"InlineCode\":\"x\","
            "\"Environment\":{\"Variables\":{\"MY-NAME\":\"1\"}}}",
            400, "InvalidParameterValueException",
            "Environment variable 'MY-NAME': Map keys must satisfy constraint: [Member must satisfy regular "
            "expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]");
    put_function(w, "f", ECHO, "");
    refused(w, "PutFunctionConcurrency", "{\"FunctionName\":\"f\",\"ReservedConcurrentExecutions\":901}", 400,
            "InvalidParameterValueException",
            "Specified ReservedConcurrentExecutions for function decreases account's "
            "UnreservedConcurrentExecution below its minimum value of [100].");
    put_function(w, "g", ECHO, "{\"ReservedConcurrentExecutions\":600}");
    refused(w, "PutFunction",
            "{\"FunctionName\":\"h\",\"Runtime\":\"lua5.4\",\"Handler\":\"i\",\"InlineCode\":\"x\","
            "\"ReservedConcurrentExecutions\":301}",
            400, "InvalidParameterValueException",
            "Specified ReservedConcurrentExecutions for function decreases account's "
            "UnreservedConcurrentExecution below its minimum value of [100].");
    refused(w, "Invoke", "{\"FunctionName\":\"nope\"}", 404, "ResourceNotFoundException",
            "Function not found: arn:aws:lambda:us-east-1:000000000000:function:nope");
    refused(w, "Invoke", "{\"FunctionName\":\"arn:aws-cn:lambda:us-east-1:000000000000:function:f\"}", 404,
            "ResourceNotFoundException",
            "Function not found: arn:aws-cn:lambda:us-east-1:000000000000:function:f");
    static const char *const names[] = {"arn:aws:sqs:us-east-1:000000000000:function:f",
                                        "arn:aws:lambda:us-east-1:000000000000:f",
                                        "arn:aws:lambda:us-east-1:0:function:f", "f:live:twice", "function:"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        asks_badly(w, names[i]);
    refused(w, "Invoke", "{\"FunctionName\":\"f\",\"Qualifier\":\"live\"}", 404, "ResourceNotFoundException",
            "Function not found: arn:aws:lambda:us-east-1:000000000000:function:f:live");
    refused(w, "Invoke", "{\"FunctionName\":\"f:live\",\"Qualifier\":\"$LATEST\"}", 400,
            "InvalidParameterValueException",
            "The derived qualifier from the function name does not match the specified qualifier.");
    refused(w, "Invoke", "{\"FunctionName\":\"f\",\"InvocationType\":\"Later\"}", 400, "ValidationException",
            "1 validation error detected: Value 'Later' at 'invocationType' failed to satisfy constraint: "
            "Member must satisfy enum value set: [Event, RequestResponse, DryRun]");
    refused(w, "Invoke", "{\"FunctionName\":\"f\",\"Payload\":\"hello\"}", 400,
            "InvalidRequestContentException",
            "Could not parse request body into json: Could not parse payload into json: Unexpected character "
            "('h' (code 104)): expected a valid value (JSON String, Number, Array, Object or token 'null', "
            "'true' or 'false')");
}

static void test_payload_sizes(void **state)
{
    struct world *w = world_of(state);
    put_function(w, "f", ECHO, "");
    size_t n = 6291457;
    char *big = malloc(n + 1);
    memset(big, '1', n);
    big[n] = 0;
    struct call *c = invoke(w, "f", big, "");
    assert_string_equal(c->fault->code, "RequestEntityTooLargeException");
    assert_string_equal(c->fault_text.p,
                        "Request must be smaller than 6291456 bytes for the InvokeFunction operation");
    call_free(c);
    big[1048577] = 0;
    c = invoke(w, "f", big, "{\"InvocationType\":\"Event\"}");
    assert_string_equal(
        c->fault_text.p,
        "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)");
    call_free(c);
    free(big);
}

static void test_permissions(void **state)
{
    struct world *w = world_of(state);
    put_function(w, "f", ECHO, "");
    const char *add = "{\"FunctionName\":\"f\",\"StatementId\":\"s3\",\"Action\":\"lambda:InvokeFunction\","
                      "\"Principal\":\"s3.amazonaws.com\",\"SourceArn\":\"arn:aws:s3:::b\"}";
    struct call *c = ask(w, "AddPermission", add);
    assert_string_equal(
        member(c, "Statement"),
        "{\"Sid\":\"s3\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"s3.amazonaws.com\"},"
        "\"Action\":\"lambda:InvokeFunction\","
        "\"Resource\":\"arn:aws:lambda:us-east-1:000000000000:function:f\","
        "\"Condition\":{\"ArnLike\":{\"AWS:SourceArn\":\"arn:aws:s3:::b\"}}}");
    call_free(c);
    refused(w, "AddPermission", add, 409, "ResourceConflictException",
            "The statement id (s3) provided already exists. Please provide a new statement id, or remove the "
            "existing statement.");
    asks(w, "GetPolicy", "{\"FunctionName\":\"f\"}");
    asks(w, "RemovePermission", "{\"FunctionName\":\"f\",\"StatementId\":\"s3\"}");
    refused(w, "GetPolicy", "{\"FunctionName\":\"f\"}", 404, "ResourceNotFoundException",
            "The resource you requested does not exist.");
}

/* --- invocations */

static void test_invoke(void **state)
{
    struct world *w = world_of(state);
    put_function(w, "echo", ECHO, "");
    put_function(w, "silent", "return function() end", "");
    answers(w, "echo", "{\"a\":[1,2.5,null],\"b\":{}}", "{\"a\":[1,2.5,null],\"b\":{}}");
    answers(w, "echo", "", "{}");
    answers(w, "arn:aws:lambda:us-east-1:000000000000:function:echo", "1", "1");
    answers(w, "silent", "{}", "null");

    struct call *c = invoke(w, "echo", "{}", "{\"InvocationType\":\"DryRun\"}");
    assert_null(c->fault);
    assert_int_equal(c->status, 204);
    assert_false(c->payload_set);
    call_free(c);
}

static void test_typed(void **state)
{
    struct world *w = world_of(state);
    put_function(w, "echo", ECHO, "");
    struct invoke_in in = {.function = STR("echo"), .payload = STR("[1]")};
    struct call *c = door_open(w, NULL, "lambda", "Invoke");
    c->typed = &in;
    c = door_wait(c);
    assert_null(c->fault);
    assert_null(in.function_error.p);
    assert_string_equal(buf_zstr(&c->payload_out), "[1]");
    assert_true(in.started_us > 0);
    assert_true(str_is(in.request_id, c->request_id));
    call_free(c);
}

static void test_a_failing_function(void **state)
{
    struct world *w = world_of(state);
    put_function(w, "bad", FAIL, "");
    struct call *c = invoke(w, "bad", "{}", "");
    assert_null(c->fault);
    assert_int_equal(c->status, 200);
    assert_string_equal(member(c, "FunctionError"), "Unhandled");
    cJSON *error = cJSON_Parse(buf_zstr(&c->payload_out));
    assert_non_null(strstr(cJSON_GetStringValue(cJSON_GetObjectItem(error, "errorMessage")), "boom"));
    assert_non_null(cJSON_GetObjectItem(error, "errorType"));
    assert_true(cJSON_IsArray(cJSON_GetObjectItem(error, "stackTrace")));
    cJSON_Delete(error);
    call_free(c);
}

static void test_a_loop_ends_at_the_deadline(void **state)
{
    struct world *w = world_of(state);
    put_function(w, "loop", "return function() while true do pcall(error) end end", "{\"Timeout\":1}");
    struct call *c = invoke(w, "loop", "{}", "");
    assert_string_equal(member(c, "FunctionError"), "Unhandled");
    cJSON *error = cJSON_Parse(buf_zstr(&c->payload_out));
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(error, "errorType")), "Sandbox.Timedout");
    cJSON_Delete(error);
    call_free(c);
}

static void test_memory_that_is_used_up(void **state)
{
    struct world *w = world_of(state);
    put_function(w, "glutton", "return function() local s = 'x' while true do s = s .. s end end",
                 "{\"Timeout\":900}");
    struct call *c = invoke(w, "glutton", "{}", "{\"LogType\":\"Tail\"}");
    cJSON *error = cJSON_Parse(buf_zstr(&c->payload_out));
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(error, "errorType")), "Runtime.ExitError");
    cJSON_Delete(error);
    struct buf text;
    buf_init(&text, 100000);
    assert_true(codec_unbase64(&text, str_z(member(c, "LogResult"))));
    assert_true(str_search(buf_view(&text), STR("\tStatus: error\tError Type: Runtime.OutOfMemory")) > 0);
    buf_release(&text);
    call_free(c);
}

static void test_log_tail(void **state)
{
    struct world *w = world_of(state);
    put_function(w, "talk", "return function() print('I said', 1) return 1 end", "");
    struct call *c = invoke(w, "talk", "{}", "{\"LogType\":\"Tail\"}");
    struct buf text;
    buf_init(&text, 100000);
    assert_true(codec_unbase64(&text, str_z(member(c, "LogResult"))));
    char expected[256];
    snprintf(expected, sizeof(expected), "START RequestId: %s Version: $LATEST\n", c->request_id);
    assert_true(str_starts(buf_view(&text), str_z(expected)));
    assert_true(str_search(buf_view(&text), STR("I said\t1\n")) > 0);
    snprintf(expected, sizeof(expected),
             "\nEND RequestId: %s\nREPORT RequestId: %s\tDuration: ", c->request_id, c->request_id);
    assert_true(str_search(buf_view(&text), str_z(expected)) > 0);
    assert_true(str_search(buf_view(&text), STR(" ms\tMemory Size: 128 MB\tMax Memory Used: 1 MB\tInit ")) >
                0);
    buf_release(&text);
    call_free(c);
}

static void test_a_handler_calls_the_door(void **state)
{
    struct world *w = world_of(state);
    put_function(w, "caller",
                 "return function() local a = aws.greeter.say_hello{Name='ada'} "
                 "local ok, e = pcall(aws.greeter.say_hello, {}) "
                 "local ok2, e2 = pcall(aws.greeter.secret, {Name='x'}) "
                 "return {a.Greeting, a.Causes, e.code, e.status, e.message, e2.code} end",
                 "");
    struct call *c = invoke(w, "caller", "{}", "");
    char expected[256];
    snprintf(expected, sizeof(expected),
             "[\"hello ada\",\"%s\",\"TooShyException\",418,\"not today\",\"UnknownOperationException\"]",
             c->request_id);
    assert_string_equal(buf_zstr(&c->payload_out), expected);
    call_free(c);
}

static void test_new_code_means_new_environments(void **state)
{
    struct world *w = world_of(state);
    put_function(w, "count", "local n = 0 return function() n = n + 1 return n end", "");
    answers(w, "count", "{}", "1");
    answers(w, "count", "{}", "2");
    put_function(w, "count", "local n = 10 return function() n = n + 1 return n end", "");
    answers(w, "count", "{}", "11");
    asks(w, "DeleteFunction", "{\"FunctionName\":\"count\"}");
    put_function(w, "count", "local n = 10 return function() n = n + 1 return n end", "");
    answers(w, "count", "{}", "11");
}

/* --- throttles */

static void keep_answer(struct call *c)
{
    *(struct call **)c->asker = c;
}

static void test_reserved_concurrency(void **state)
{
    struct world *w = world_of(state);
    put_function(w, "one", ECHO, "{\"ReservedConcurrentExecutions\":1}");
    struct call *answer[2] = {0};
    for (int i = 0; i < 2; i++) {
        struct call *c = door_open(w, NULL, "lambda", "Invoke");
        c->in = cJSON_Parse("{\"FunctionName\":\"one\"}");
        c->asker = &answer[i];
        c->on_end = keep_answer;
        door_submit(c);
    }
    turn_run(w->turn);
    assert_null(answer[0]->fault);
    assert_string_equal(answer[1]->fault->code, "TooManyRequestsException");
    assert_string_equal(answer[1]->fault_text.p, "Rate Exceeded.");
    assert_int_equal(answer[1]->fault->http, 429);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(answer[1]->fault_extra, "Reason")),
                        "ReservedFunctionConcurrentInvocationLimitExceeded");
    call_free(answer[0]);
    call_free(answer[1]);
    answers(w, "one", "{}", "{}");
}

/* --- asynchronous events */

static void count_event(void *arg, uint64_t id, const cJSON *head)
{
    (void)id, (void)head;
    ++*(int *)arg;
}

static int events_kept(struct world *w)
{
    int n = 0;
    assert_int_equal(store_events(w->store, 0, count_event, &n), RC_OK);
    return n;
}

static void send_event(struct world *w, const char *name)
{
    struct call *c = invoke(w, name, "{\"n\":1}", "{\"InvocationType\":\"Event\"}");
    assert_null(c->fault);
    assert_int_equal(c->status, 202);
    assert_int_equal(c->payload_out.n, 0);
    call_free(c);
}

/* Invocations of a function that the event stream saw begin. */
static int begun(struct world *w, const char *name)
{
    struct trace_event e;
    int n = 0;
    for (uint64_t seq = 0; trace_next(w->trace, seq, &e); seq = e.seq)
        n += e.kind == TRACE_INVOKE && str_is(e.what, name);
    return n;
}

static bool was_dropped(struct world *w, const char *why)
{
    struct trace_event e;
    for (uint64_t seq = 0; trace_next(w->trace, seq, &e); seq = e.seq)
        if (e.kind == TRACE_ERROR && str_ends(e.detail, str_z(why)))
            return true;
    return false;
}

static void advance(struct world *w, int64_t ms)
{
    clock_set(&w->clock, clock_now_us(&w->clock) + ms * 1000);
    timers_fire(w->timers);
    turn_run(w->turn);
}

static void set_back(struct world *w, const char *to)
{
    struct call *c = door_open(w, NULL, "tidepool", "Clock");
    c->in = cJSON_CreateObject();
    cJSON_AddStringToObject(c->in, "action", "set");
    cJSON_AddStringToObject(c->in, "value", to);
    c = door_wait(c);
    assert_null(c->fault);
    call_free(c);
}

static void test_event(void **state)
{
    struct world *w = world_of(state);
    put_function(w, "echo", ECHO, "");
    send_event(w, "echo");
    turn_run(w->turn);
    assert_int_equal(begun(w, "echo"), 1);
    assert_int_equal(events_kept(w), 0);
}

static void test_a_failing_event_is_tried_three_times(void **state)
{
    struct world *w = world_of(state);
    clock_freeze(&w->clock);
    put_function(w, "bad", FAIL, "");
    send_event(w, "bad");
    turn_run(w->turn);
    assert_int_equal(begun(w, "bad"), 1);
    advance(w, 59999);
    assert_int_equal(begun(w, "bad"), 1);
    advance(w, 1);
    assert_int_equal(begun(w, "bad"), 2);
    world_drop(w); /* what waits is found again in the store */
    turn_run(w->turn);
    advance(w, 119999);
    assert_int_equal(begun(w, "bad"), 2);
    assert_int_equal(events_kept(w), 1);
    advance(w, 1);
    assert_int_equal(begun(w, "bad"), 3);
    assert_int_equal(events_kept(w), 0);
    assert_true(was_dropped(w, "RetriesExhausted"));
}

/* By a year, while it waits for its second try; and once more after a restart, which finds a time far ahead.
 */
static void test_an_event_is_tried_again_though_the_clock_was_set_back(void **state)
{
    struct world *w = world_of(state);
    clock_freeze(&w->clock);
    put_function(w, "bad", FAIL, "");
    send_event(w, "bad");
    turn_run(w->turn);
    advance(w, 20000);
    set_back(w, "2020-01-01");
    advance(w, 39999);
    assert_int_equal(begun(w, "bad"), 1);
    advance(w, 1);
    assert_int_equal(begun(w, "bad"), 2);
    set_back(w, "2019-01-01");
    world_drop(w);
    turn_run(w->turn);
    advance(w, 300000); /* the longest that an event waits */
    assert_int_equal(begun(w, "bad"), 3);
    assert_int_equal(events_kept(w), 0);
}

static void test_event_invoke_config(void **state)
{
    struct world *w = world_of(state);
    clock_freeze(&w->clock);
    put_function(w, "bad", FAIL, "");
    refused(w, "GetFunctionEventInvokeConfig", "{\"FunctionName\":\"bad\"}", 404, "ResourceNotFoundException",
            "The function arn:aws:lambda:us-east-1:000000000000:function:bad:$LATEST doesn't have an "
            "EventInvokeConfig");
    asks(w, "PutFunctionEventInvokeConfig", "{\"FunctionName\":\"bad\",\"MaximumEventAgeInSeconds\":100}");
    send_event(w, "bad");
    turn_run(w->turn);
    advance(w, 60000);
    assert_int_equal(begun(w, "bad"), 2);
    assert_true(was_dropped(w, "EventAgeExceeded"));

    asks(w, "PutFunctionEventInvokeConfig", "{\"FunctionName\":\"bad\",\"MaximumRetryAttempts\":0}");
    send_event(w, "bad");
    turn_run(w->turn);
    assert_int_equal(begun(w, "bad"), 3);
    assert_int_equal(events_kept(w), 0);
}

static void test_a_disabled_function_drops_its_events(void **state)
{
    struct world *w = world_of(state);
    put_function(w, "off", ECHO, "{\"ReservedConcurrentExecutions\":0}");
    send_event(w, "off");
    turn_run(w->turn);
    assert_int_equal(begun(w, "off"), 0);
    assert_int_equal(events_kept(w), 0);
    assert_true(was_dropped(w, "ReservedConcurrentExecutions is 0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_functions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_unchanged_function_is_left_untouched, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_payload_sizes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_permissions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_invoke, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_typed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_failing_function, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_loop_ends_at_the_deadline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_memory_that_is_used_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_log_tail, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_handler_calls_the_door, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_new_code_means_new_environments, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reserved_concurrency, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_event, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_failing_event_is_tried_three_times, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_event_is_tried_again_though_the_clock_was_set_back, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_event_invoke_config, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_disabled_function_drops_its_events, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
