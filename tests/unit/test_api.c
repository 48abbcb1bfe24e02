/* API Gateway through the door, with a function that answers what the test wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "api/api.h"
#include "door/door.h"
#include "door/handle.h"
#include "door/invoke.h"
#include "door/proxy.h"
#include "door/trace.h"
#include "store/store.h"

/* --- a lambda that answers what it is told ------------------------------------------------------------- */

static struct {
    const char *payload; /* NULL: never answers */
    const char *error;
    struct call *waiting;
    char function[100], path[100], sent[100], deployment[100], parameter[100], key[100], body[100],
        route[100];
    char method[100], query[100], domain[100], headers[300]; /* values of the client's own headers alone */
    int format, calls;
    bool base64;
} fn;

static void note(char *to, struct str s)
{
    str_copy(s.p ? s : STR("(none)"), to, 100);
}

static void note_headers(const struct http_headers *h)
{
    struct buf b;
    buf_init(&b, sizeof fn.headers - 1);
    for (size_t i = 0; i < h->n; i++) {
        bool added =
            str_starts(h->list[i].name, STR("X-Amzn-")) || str_starts(h->list[i].name, STR("X-Forw"));
        buf_str(&b, h->list[i].name);
        if (!added)
            buf_printf(&b, ": %.*s", STR_ARG(h->list[i].value));
        buf_z(&b, "; ");
    }
    str_copy(buf_view(&b), fn.headers, sizeof fn.headers);
    buf_release(&b);
}

static enum op_end run_invoke(struct call *c, const void *none)
{
    struct invoke_in *in = c->typed;
    const struct proxy_event *e = in->proxy;
    assert_null(none);
    fn.calls++;
    note(fn.function, in->function), note(fn.path, e->path), note(fn.sent, e->path_sent);
    note(fn.deployment, e->deployment_id), note(fn.key, e->api_key);
    note(fn.parameter, e->path_parameter_count ? e->path_parameters[0].value : STR_NONE);
    note(fn.body, e->body), note(fn.route, e->route_key);
    note(fn.method, e->http->method), note(fn.query, e->http->query), note(fn.domain, e->domain);
    note_headers(&e->http->headers);
    fn.format = e->format, fn.base64 = e->body_base64;
    if (!fn.payload) {
        fn.waiting = c;
        return OP_FORWARD;
    }
    buf_z(&c->payload_out, fn.payload);
    c->payload_set = true;
    in->function_error = str_z(fn.error);
    return OP_DONE;
}

static const struct op_row invoke = {.name = "Invoke", .run = run_invoke, .flags = OP_TYPED};
static const struct op_row *const lambda_ops[] = {&invoke, NULL};
static const struct service lambda = {.name = "lambda", .ops = lambda_ops};
static const struct service *const services[] = {&apigateway_service, &apigatewayv2_service,
                                                 &execute_api_service, &lambda, NULL};

/* --- a world with two APIs ------------------------------------------------------------------------------ */

static struct world *w;
static struct arena arena;
static char rest_id[20], http_id[20];
static struct handle_in got; /* the last answer, its texts in the arena */

static cJSON *ask(const char *operation, const char *json)
{
    struct call *c = door_open(w, NULL, "apigateway", operation);
    assert_non_null(c);
    c->in = cJSON_Parse(json);
    assert_non_null(c->in);
    door_wait(c);
    if (c->fault)
        fail_msg("%s: %s %.*s", operation, c->fault->code, STR_ARG(c->fault_text));
    cJSON *out = c->out ? c->out : cJSON_CreateObject();
    c->out = NULL;
    call_free(c);
    return out;
}

static void put(const char *operation, const char *json, const char *member, char *id)
{
    cJSON *out = ask(operation, json);
    if (id)
        str_copy(str_z(cJSON_GetStringValue(cJSON_GetObjectItem(out, member))), id, 20);
    cJSON_Delete(out);
}

#define KEY "tidepooldemokey000000001"

static const char rest_api[] =
    "{\"LogicalId\":\"Shop\",\"Name\":\"shop\",\"Kind\":\"REST\",\"Stage\":\"Prod\",\"Port\":0,"
    "\"BinaryMediaTypes\":[\"image/*\"],\"StageVariables\":{\"v\":\"1\"},"
    "\"Cors\":{\"AllowOrigin\":\"'*'\",\"AllowHeaders\":\"'content-type'\",\"MaxAge\":\"'600'\"},"
    "\"Routes\":[{\"Method\":\"GET\",\"Path\":\"/hello/"
    "{name}\",\"FunctionArn\":\"f:hello\",\"ApiKeyRequired\":"
    "true},{\"Method\":\"POST\",\"Path\":\"/orders\",\"FunctionArn\":\"f:orders\"},"
    "{\"Method\":\"GET\",\"Path\":\"/orders\",\"FunctionArn\":\"f:orders\",\"TimeoutMs\":500},"
    "{\"Method\":\"ANY\",\"Path\":\"/files/{proxy+}\",\"FunctionArn\":\"f:files\"}]}";

static const char http_api[] =
    "{\"LogicalId\":\"Menu\",\"Name\":\"menu\",\"Kind\":\"HTTP\",\"Stage\":\"$default\",\"Port\":1,"
    "\"Cors\":{\"AllowOrigins\":[\"https://"
    "a.test\"],\"AllowMethods\":[\"GET\",\"POST\"],\"AllowHeaders\":[\"x-"
    "a\"],\"MaxAge\":5,\"ExposeHeaders\":[\"etag\"],\"AllowCredentials\":true},"
    "\"Routes\":[{\"Method\":\"GET\",\"Path\":\"/menu/{dish}\",\"FunctionArn\":\"f:menu\",\"PayloadFormat\":"
    "\"2.0\"},{\"Method\":\"GET\",\"Path\":\"/old\",\"FunctionArn\":\"f:old\",\"PayloadFormat\":\"1.0\"},"
    "{\"Method\":\"POST\",\"Path\":\"/menu\",\"FunctionArn\":\"f:menu\",\"PayloadFormat\":\"2.0\"}]}";

static int setup(void **state)
{
    (void)state;
    struct store *store;
    char plan[20], key[20], json[400];
    assert_int_equal(store_open(&store, NULL, 0, NULL), RC_OK);
    w = world_new(&(struct world_setup){.store = store, .services = services, .seed = 3});
    arena_init(&arena);
    memset(&fn, 0, sizeof fn);
    clock_freeze(&w->clock);
    clock_set(&w->clock, 1795339800000000); /* 2026-11-22T09:30:00Z */
    put("PutApi", rest_api, "ApiId", rest_id);
    put("PutApi", http_api, "ApiId", http_id);
    put("PutApiKey", "{\"LogicalId\":\"Key\",\"Name\":\"k\",\"Value\":\"" KEY "\",\"Enabled\":true}", "Id",
        key);
    snprintf(json, sizeof json,
             "{\"LogicalId\":\"Plan\",\"ApiStages\":[{\"ApiId\":\"%s\",\"Stage\":\"Prod\"}],"
             "\"Throttle\":{\"RateLimit\":5,\"BurstLimit\":3},\"Quota\":{\"Limit\":5,\"Period\":\"DAY\"}}",
             rest_id);
    put("PutUsagePlan", json, "Id", plan);
    snprintf(json, sizeof json, "{\"UsagePlanId\":\"%s\",\"KeyId\":\"%s\",\"KeyType\":\"API_KEY\"}", plan,
             key);
    put("PutUsagePlanKey", json, NULL, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_free(w);
    arena_release(&arena);
    return 0;
}

/* --- requests ------------------------------------------------------------------------------------------- */

static void keep_reply(const struct http_reply *r)
{
    got.reply = *r;
    got.reply.headers = (struct http_headers){.list = NULL};
    got.reply.body = arena_str(&arena, r->body);
    for (size_t i = 0; i < r->headers.n; i++)
        http_header_add(&got.reply.headers, &arena, arena_str(&arena, r->headers.list[i].name),
                        arena_str(&arena, r->headers.list[i].value));
}

static struct http_request request(const char *line, const char *headers, const char *body)
{
    struct http_request r = {.target = str_z(line), .body = str_z(body), .minor = 1};
    r.method = str_cut(&r.target, ' ');
    r.query = r.target;
    r.path = str_cut(&r.query, '?');
    struct str rest = str_z(headers);
    while (rest.p) {
        struct str value = str_cut(&rest, '\n'), name = str_cut(&value, ':');
        http_header_add(&r.headers, &arena, name, str_trim(value));
    }
    return r;
}

/* Headers as "A: b\nC: d", or NULL. */
static void send(const char *api, const char *line, const char *headers, const char *body)
{
    struct http_request r = request(line, headers, body);
    struct handle_in in = {.http = &r, .api_id = str_z(api), .path = r.path};
    struct call *c = door_open(w, NULL, "execute-api", "Handle");
    c->typed = &in;
    door_wait(c);
    assert_null(c->fault);
    keep_reply(&in.reply);
    call_free(c);
}

static const char *header(const char *name)
{
    struct str value = http_header_get(&got.reply.headers, name);
    return value.p ? arena_z(&arena, value) : "";
}

static void answers(int status, const char *body)
{
    if (got.reply.status != status || !str_is(got.reply.body, body))
        fail_msg("answered %d %.*s (%s), not %d %s", got.reply.status, STR_ARG(got.reply.body),
                 header("x-tidepool-reason"), status, body);
}

#define WITH_KEY "x-api-key: " KEY

static void test_rest_answer(void **state)
{
    (void)state;
    fn.payload = "{\"statusCode\":201,\"headers\":{\"X-A\":\"1\",\"Date\":\"d\",\"X-B\":true},"
                 "\"multiValueHeaders\":{\"X-A\":[\"0\",\"2\"]},\"body\":\"{\\\"m\\\":1}\"}";
    send(rest_id, "GET /hello/a%20b?x=1", WITH_KEY, "");
    answers(201, "{\"m\":1}");
    assert_string_equal(fn.function, "f:hello");
    assert_string_equal(fn.parameter, "a%20b"); /* REST hands parameters over as they came */
    assert_string_equal(fn.path, "/hello/a%20b");
    assert_string_equal(fn.key, KEY);
    assert_string_equal(header("x-a"), "0"); /* multi-valued ones first */
    assert_string_equal(header("x-b"), "true");
    assert_string_equal(header("x-amzn-remapped-date"), "d");
    assert_string_equal(header("date"), "");
    assert_string_equal(header("content-type"), "application/json");
    assert_int_equal(strlen(header("x-amzn-requestid")), 36);
    assert_int_equal(strlen(header("x-amz-apigw-id")), 16);
    assert_int_equal(strncmp(header("x-amzn-trace-id"), "Root=1-", 7), 0);
}

/* What Lambda proxy integrations of REST APIs take, as the real service does. */
static void test_rest_output(void **state)
{
    (void)state;
    static const struct {
        const char *payload;
        int status;
    } rows[] = {
        {"{}", 200},
        {"\"text\"", 502},
        {"null", 502},
        {"[1]", 502},
        {"{\"statusCode\":200,\"extra\":1}", 502},
        {"{\"statusCode\":\"x\"}", 502},
        {"{\"statusCode\":\"201\"}", 201},
        {"{\"statusCode\":204.0}", 204},
        {"{\"statusCode\":1000}", 502},
        {"{\"statusCode\":100}", 502}, /* no answer ends with a 1xx */
        {"{\"headers\":{\"a\":\"b\"}}", 200},
        {"{\"headers\":null,\"statusCode\":200}", 200},
        {"{\"headers\":[],\"statusCode\":200}", 502},
        {"{\"headers\":{\"a\":{}},\"statusCode\":200}", 502},
        {"{\"multiValueHeaders\":{\"a\":\"b\"},\"statusCode\":200}", 502},
        {"{\"statusCode\":200,\"body\":{}}", 502},
        {"{\"statusCode\":200,\"body\":null}", 200},
        {"{\"statusCode\":200,\"cookies\":[]}", 502},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fn.payload = rows[i].payload;
        send(rest_id, "POST /orders", NULL, "");
        if (got.reply.status != rows[i].status)
            fail_msg("%s answers %d", rows[i].payload, got.reply.status);
        if (rows[i].status == 502)
            answers(502, "{\"message\":\"Internal server error\"}");
    }
}

static void test_rest_refusals(void **state)
{
    (void)state;
    fn.payload = "{\"statusCode\":200}";
    send(rest_id, "GET /nope", NULL, "");
    answers(403, "{\"message\":\"Missing Authentication Token\"}");
    assert_string_equal(header("x-amzn-errortype"), "MissingAuthenticationTokenException");
    send(rest_id, "PUT /order", NULL, "");
    answers(403, "{\"message\":\"Missing Authentication Token\"}");
    assert_string_equal(header("x-tidepool-reason"), "no route matches PUT /order; closest: POST /orders");
    send(rest_id, "GET /hello/x", NULL, "");
    answers(403, "{\"message\":\"Forbidden\"}");
    assert_string_equal(header("x-tidepool-reason"), "API key missing: send header x-api-key");
    send(rest_id, "GET /hello/x", "x-api-key: wrong", "");
    answers(403, "{\"message\":\"Forbidden\"}");
    send("nosuchapi0", "GET /", NULL, "");
    answers(403, "{\"message\":\"Forbidden\"}");
    assert_int_equal(fn.calls, 0);
    assert_string_equal(header("access-control-allow-origin"), ""); /* gateway errors carry none */
    send(rest_id, "POST /orders/", NULL, "");                       /* REST does not tell /a/ from /a */
    answers(200, "");
    assert_string_equal(fn.path, "/orders/");
}

static void test_throttled(void **state)
{
    (void)state;
    fn.payload = "{\"statusCode\":200}";
    for (int i = 0; i < 3; i++) {
        send(rest_id, "GET /hello/x", WITH_KEY, "");
        answers(200, "");
    }
    send(rest_id, "GET /hello/x", WITH_KEY, "");
    answers(429, "{\"message\":\"Too Many Requests\"}");
    assert_string_equal(header("x-tidepool-reason"), "usage plan: burst of 3 used up; refills 5 per second");
    clock_set(&w->clock, 1795339801000000);
    for (int i = 0; i < 2; i++) {
        send(rest_id, "GET /hello/x", WITH_KEY, "");
        answers(200, "");
    }
    send(rest_id, "GET /hello/x", WITH_KEY, "");
    answers(429, "{\"message\":\"Limit Exceeded\"}");
    timers_fire(w->timers);
    turn_run(w->turn);
    world_drop(w); /* what was counted is in the store */
    send(rest_id, "GET /hello/x", WITH_KEY, "");
    answers(429, "{\"message\":\"Limit Exceeded\"}");
    clock_set(&w->clock, 1795426200000000); /* the next day */
    send(rest_id, "GET /hello/x", WITH_KEY, "");
    answers(200, "");
}

static void test_function_troubles(void **state)
{
    (void)state;
    fn.payload = "{\"errorMessage\":\"boom\",\"errorType\":\"E\"}";
    fn.error = "Unhandled";
    send(rest_id, "POST /orders", NULL, "");
    answers(502, "{\"message\":\"Internal server error\"}");
    assert_string_equal(header("x-tidepool-reason"), "the function failed: boom");
    send(http_id, "POST /menu", NULL, "");
    answers(500, "{\"message\":\"Internal Server Error\"}");
}

static void handle_over(struct call *c)
{
    keep_reply(&((struct handle_in *)c->typed)->reply);
    *(bool *)c->asker = true;
    call_free(c);
}

static void test_integration_timeout(void **state)
{
    (void)state;
    struct http_request r = request("GET /orders", NULL, "body");
    struct handle_in in = {.http = &r, .api_id = str_z(rest_id), .path = r.path};
    bool over = false;
    struct call *c = door_open(w, NULL, "execute-api", "Handle");
    c->typed = &in, c->asker = &over, c->on_end = handle_over;
    door_submit(c);
    turn_run(w->turn);
    assert_false(over);
    clock_set(&w->clock, 1795339800500000);
    timers_fire(w->timers);
    turn_run(w->turn);
    assert_true(over);
    answers(504, "{\"message\":\"Endpoint request timed out\"}");
    memset(&r, 0x5a, sizeof r); /* the request has gone; the function still has its event */
    const struct invoke_in *late = fn.waiting->typed;
    assert_true(str_is(late->proxy->http->body, "body"));
    assert_true(str_is(late->proxy->body, "body"));
    call_finish(fn.waiting);
    turn_run(w->turn);
}

static void test_rest_cors(void **state)
{
    (void)state;
    send(rest_id, "OPTIONS /orders", "Origin: http://x.test\nAccess-Control-Request-Method: GET", "");
    answers(200, "{}\n");
    assert_string_equal(header("access-control-allow-origin"), "*");
    assert_string_equal(header("access-control-allow-methods"), "GET,OPTIONS,POST");
    assert_string_equal(header("access-control-allow-headers"), "content-type");
    assert_string_equal(header("access-control-max-age"), "600");
    assert_string_equal(header("access-control-allow-credentials"), "");
    fn.payload = "{\"statusCode\":200}";
    send(rest_id, "OPTIONS /files/a/b", NULL, ""); /* ANY has it already, but OPTIONS itself is SAM's */
    answers(200, "{}\n");
    assert_int_equal(fn.calls, 0);
}

/* SAM's AddApiKeyRequiredToCorsPreflight. */
static void test_rest_cors_key(void **state)
{
    (void)state;
    char id[20];
    put("PutApi",
        "{\"LogicalId\":\"Keyed\",\"Kind\":\"REST\",\"Stage\":\"Prod\",\"Port\":2,\"Cors\":{\"AllowOrigin\":"
        "\"'*'\","
        "\"ApiKeyRequired\":true},\"Routes\":[{\"Method\":\"GET\",\"Path\":\"/a\",\"FunctionArn\":\"f\"}]}",
        "ApiId", id);
    send(id, "OPTIONS /a", NULL, "");
    answers(403, "{\"message\":\"Forbidden\"}");
}

static void test_rest_binary(void **state)
{
    (void)state;
    fn.payload = "{\"statusCode\":200,\"body\":\"aGk=\",\"isBase64Encoded\":true}";
    send(rest_id, "POST /orders", "Accept: image/png, text/html\nContent-Type: image/png", "raw");
    answers(200, "hi");
    assert_true(fn.base64);
    assert_string_equal(fn.body, "cmF3");
    send(rest_id, "POST /orders", "Accept: text/html, image/png\nContent-Type: text/plain", "raw");
    answers(200, "aGk=");
    assert_false(fn.base64);
    assert_string_equal(fn.body, "raw");
}

static void test_http_answers(void **state)
{
    (void)state;
    static const struct {
        const char *payload, *body, *type;
        int status;
    } rows[] = {
        {"{\"a\":1}", "{\"a\":1}", "application/json", 200},
        {"\"hi\"", "hi", "application/json", 200},
        {"[1]", "[1]", "application/json", 200},
        {"{\"statusCode\":201,\"body\":\"x\",\"extra\":1}", "x", "text/plain; charset=utf-8", 201},
        {"{\"statusCode\":204}", "", "", 204},
        {"{\"statusCode\":\"202\",\"headers\":{\"Content-Type\":\"text/css\",\"n\":5}}", "", "text/css", 202},
        {"{\"statusCode\":200,\"body\":\"aGk=\",\"isBase64Encoded\":true}", "hi", "text/plain; charset=utf-8",
         200},
        {"{\"statusCode\":\"x\"}", "{\"message\":\"Internal Server Error\"}", "application/json", 500},
        {"{\"statusCode\":101}", "{\"message\":\"Internal Server Error\"}", "application/json", 500},
        /* without a statusCode the names of an answer's members mean nothing */
        {"{\"body\":{\"a\":1}}", "{\"body\":{\"a\":1}}", "application/json", 200},
        {"{\"headers\":[\"a\"]}", "{\"headers\":[\"a\"]}", "application/json", 200},
        /* but AWS takes this for the words of a function that failed */
        {"{\"errorMessage\":\"a\"}", "{\"message\":\"Internal Server Error\"}", "application/json", 500},
        {"\"errorMessage\"", "errorMessage", "application/json", 200},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fn.payload = rows[i].payload;
        send(http_id, "GET /menu/a%20b", NULL, "");
        answers(rows[i].status, rows[i].body);
        assert_string_equal(header("content-type"), rows[i].type);
    }
    assert_string_equal(fn.parameter, "a b"); /* HTTP APIs decode */
    assert_string_equal(fn.path, "/menu/a b");
    assert_int_equal(fn.format, 2);
    assert_string_equal(fn.route, "GET /menu/{dish}");
    assert_string_equal(header("x-amzn-requestid"), "");
    assert_int_equal(strlen(header("apigw-requestid")), 16);
}

static void test_http_cookies(void **state)
{
    (void)state;
    fn.payload = "{\"statusCode\":200,\"cookies\":[\"a=1; Secure\",\"b=2\"]}";
    send(http_id, "GET /menu/x", NULL, "");
    int cookies = 0;
    for (size_t i = 0; i < got.reply.headers.n; i++)
        cookies += str_is(got.reply.headers.list[i].name, "set-cookie");
    assert_int_equal(cookies, 2);
}

static int count_headers(const char *name)
{
    int n = 0;
    for (size_t i = 0; i < got.reply.headers.n; i++)
        n += str_ieq(got.reply.headers.list[i].name, str_z(name));
    return n;
}

/* A pair that is in both maps is sent once. */
static void test_headers_in_both_maps(void **state)
{
    (void)state;
    fn.payload = "{\"statusCode\":200,\"headers\":{\"X-A\":\"1\",\"x-b\":\"2\"},"
                 "\"multiValueHeaders\":{\"x-a\":[\"1\",\"3\"],\"x-b\":[\"4\"]}}";
    send(rest_id, "POST /orders", NULL, "");
    assert_int_equal(count_headers("x-a"), 2);
    assert_int_equal(count_headers("x-b"), 2);
}

/* A REST API keeps to itself what concerns the connection, and lets a header say the method. */
static void test_rest_headers(void **state)
{
    (void)state;
    fn.payload = "{\"statusCode\":200}";
    send(rest_id, "GET /files/a?x=1;y=2",
         "Connection: close\nContent-Length: 0\nX-HTTP-Method-Override: PATCH\nX-Own: caf\xe9", "");
    answers(200, "");
    assert_string_equal(fn.method, "PATCH");
    assert_string_equal(fn.query, "x=1&y=2");
    assert_string_equal(fn.headers, "X-Own: caf\xef\xbf\xbd; X-Amzn-Trace-Id; X-Forwarded-For; "
                                    "X-Forwarded-Port; X-Forwarded-Proto; ");
    send(rest_id, "GET /orders", "X-HTTP-Method-Override: PUT", "");
    answers(403, "{\"message\":\"Missing Authentication Token\"}");
    send(http_id, "GET /menu/a", "X-HTTP-Method-Override: PUT\nContent-Length: 0", "");
    assert_string_equal(fn.method, "GET");
    assert_true(str_starts(str_z(fn.headers), STR("X-HTTP-Method-Override: PUT; Content-Length: 0; ")));
}

/* An event is JSON, so nothing in it can be other than UTF-8. */
static void test_what_is_no_text(void **state)
{
    (void)state;
    fn.payload = "{\"statusCode\":200}";
    send(http_id, "GET /menu/%ff%41", NULL, "");
    assert_string_equal(fn.parameter, "\xef\xbf\xbd"
                                      "A");
    assert_string_equal(fn.path, "/menu/\xef\xbf\xbd"
                                 "A");
    send(rest_id, "POST /orders", "Host: [::1]:3000", "");
    assert_string_equal(fn.domain, "[::1]");
}

static void test_http_format1(void **state)
{
    (void)state;
    fn.payload = "{\"statusCode\":200,\"multiValueHeaders\":{\"a\":[\"1\"]}}";
    send(http_id, "GET /%6Fld", NULL, "");
    assert_string_equal(fn.path, "/old");
    assert_string_equal(fn.sent, "/%6Fld");
    answers(200, "");
    assert_int_equal(fn.format, 1);
    assert_string_equal(header("a"), "1");
    fn.payload = "{\"a\":1}"; /* nothing is inferred */
    send(http_id, "GET /old", NULL, "");
    answers(500, "{\"message\":\"Internal Server Error\"}");
}

static void test_http_routes(void **state)
{
    (void)state;
    fn.payload = "1";
    send(http_id, "GET /nope", NULL, "");
    answers(404, "{\"message\":\"Not Found\"}");
    send(http_id, "POST /menu/", NULL, ""); /* HTTP APIs tell /a/ from /a */
    answers(404, "{\"message\":\"Not Found\"}");
    send(http_id, "POST /menu", "Content-Type: application/x-www-form-urlencoded", "a=1");
    answers(200, "1");
    assert_true(fn.base64);
    assert_string_equal(fn.body, "YT0x");
}

/* HTTP APIs take for text what says so; with no type a body is bytes. */
static void test_http_body(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        bool base64;
    } rows[] = {
        {NULL, true},
        {"Content-Type: application/octet-stream", true},
        {"Content-Type: text/plain", false},
        {"Content-Type: application/json; charset=utf-8", false},
        {"Content-Type: application/xml", false},
        {"Content-Type: application/javascript", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fn.payload = "1";
        send(http_id, "POST /menu", rows[i].type, "hi");
        answers(200, "1");
        assert_int_equal(fn.base64, rows[i].base64);
        assert_string_equal(fn.body, rows[i].base64 ? "aGk=" : "hi");
    }
}

/* Slashes in front are one, those inside match as one; the event shows the path as it came. */
static void test_rest_slashes(void **state)
{
    (void)state;
    fn.payload = "{}";
    send(rest_id, "GET ///hello/a", WITH_KEY, "");
    answers(200, "");
    assert_string_equal(fn.path, "/hello/a");
    send(rest_id, "GET /hello//a", WITH_KEY, "");
    answers(200, "");
    assert_string_equal(fn.path, "/hello//a");
    assert_string_equal(fn.parameter, "a");
}

static void test_rest_authorization(void **state)
{
    (void)state;
    fn.payload = "{}";
    send(rest_id, "GET /hello/a", WITH_KEY "\nAUTHORIZATION: x\nX-lOUD: y", "");
    assert_non_null(strstr(fn.headers, "Authorization: x"));
    assert_non_null(strstr(fn.headers, "X-lOUD: y"));
    assert_int_equal(strlen(fn.deployment), 6);
}

static void test_http_cors(void **state)
{
    (void)state;
    fn.payload = "{\"statusCode\":200,\"headers\":{\"Access-Control-Allow-Origin\":\"mine\"}}";
    send(http_id, "OPTIONS /any", "Origin: https://a.test\nAccess-Control-Request-Method: POST", "");
    answers(204, "");
    assert_string_equal(header("access-control-allow-origin"), "https://a.test");
    assert_string_equal(header("access-control-allow-methods"), "GET,POST");
    assert_string_equal(header("access-control-allow-headers"), "x-a");
    assert_string_equal(header("access-control-max-age"), "5");
    assert_string_equal(header("access-control-allow-credentials"), "true");
    send(http_id, "OPTIONS /any", "Origin: https://b.test\nAccess-Control-Request-Method: POST", "");
    answers(204, "");
    assert_string_equal(header("access-control-allow-origin"), "");
    assert_int_equal(fn.calls, 0);
    send(http_id, "GET /menu/x", "Origin: https://a.test", "");
    assert_string_equal(header("access-control-allow-origin"), "https://a.test");
    assert_string_equal(header("access-control-expose-headers"), "etag");
    send(http_id, "GET /menu/x", NULL, "");
    assert_string_equal(header("access-control-allow-origin"), "");
}

static void test_stage_in_path(void **state)
{
    (void)state;
    static const struct {
        const char *api, *path, *stage;
        int status;
    } rows[] = {
        {rest_id, "/Prod/orders", NULL, 200}, {rest_id, "/orders", NULL, 403},
        {rest_id, "/orders", "Prod", 200},    {rest_id, "/orders", "Dev", 403},
        {http_id, "/menu", NULL, 200},        {http_id, "/$default/menu", NULL, 200},
        {http_id, "/Prod/menu", NULL, 404},
    };
    fn.payload = "{\"statusCode\":200}";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_request r = request("POST /", NULL, "");
        struct handle_in in = {.http = &r, .api_id = str_z(rows[i].api), .path = str_z(rows[i].path)};
        in.stage = str_z(rows[i].stage);
        in.staged = !rows[i].stage;
        struct call *c = door_open(w, NULL, "execute-api", "Handle");
        c->typed = &in;
        door_wait(c);
        if (in.reply.status != rows[i].status)
            fail_msg("%s: %d", rows[i].path, in.reply.status);
        call_free(c);
    }
}

static void test_sizes(void **state)
{
    (void)state;
    char *big = xmalloc((10u << 20) + 2), head[11000];
    memset(big, 'x', (10u << 20) + 1);
    big[(10u << 20) + 1] = 0;
    fn.payload = "{\"statusCode\":200}";
    send(rest_id, "POST /orders", NULL, big);
    answers(413, "{\"message\":\"Request Too Long\"}");
    send(http_id, "POST /menu", NULL, big);
    answers(413, "{\"message\":\"Request Entity Too Large\"}");
    big[10u << 20] = 0;
    send(rest_id, "POST /orders", NULL, big);
    assert_int_equal(got.reply.status, 200);
    memset(head, 'a', sizeof head);
    memcpy(head, "x-a: ", 5);
    head[sizeof head - 1] = 0;
    send(rest_id, "POST /orders", head, "");
    assert_int_equal(got.reply.status, 431);
    free(big);
}

/* Runs an operation that the network does not have. */
static void inside(const char *operation, const char *json)
{
    put(operation, json, NULL, NULL);
}

static void test_removed(void **state)
{
    (void)state;
    char plan[20], key[20], json[100];
    fn.payload = "{\"statusCode\":200}";
    put("PutUsagePlan", "{\"LogicalId\":\"Other\"}", "Id", plan);
    put("PutApiKey", "{\"LogicalId\":\"Made\"}", "Id", key);
    snprintf(json, sizeof json, "{\"UsagePlanId\":\"%s\",\"KeyId\":\"%s\"}", plan, key);
    inside("PutUsagePlanKey", json);
    inside("DeleteUsagePlanKey", json);
    snprintf(json, sizeof json, "{\"usagePlanId\":\"%s\"}", plan);
    cJSON *out = ask("GetUsagePlanKeys", json);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(out, "item")), 0);
    cJSON_Delete(out);

    send(rest_id, "GET /hello/x", WITH_KEY, "");
    answers(200, "");
    inside("SaveUsage", "{}");
    out = ask("GetUsagePlans", "{}");
    const cJSON *plans = cJSON_GetObjectItem(out, "item"), *at;
    cJSON_ArrayForEach (at, plans) {
        snprintf(json, sizeof json, "{\"Id\":\"%s\"}", cJSON_GetStringValue(cJSON_GetObjectItem(at, "id")));
        inside("DeleteUsagePlan", json);
    }
    cJSON_Delete(out);
    send(rest_id, "GET /hello/x", WITH_KEY, "");
    answers(403, "{\"message\":\"Forbidden\"}");
    assert_string_equal(header("x-tidepool-reason"), "the API key is in no usage plan of this stage");
    snprintf(json, sizeof json, "{\"Id\":\"%s\"}", key);
    inside("DeleteApiKey", json);
    inside("DeleteApiKey", json); /* again: nothing to do */
    out = ask("GetApiKeys", "{}");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(out, "item")), 1);
    cJSON_Delete(out);
}

static void test_put_again(void **state)
{
    (void)state;
    char id[20];
    fn.payload = "{\"statusCode\":200}";
    put("PutApi", rest_api, "ApiId", id);
    assert_string_equal(id, rest_id);
    assert_false(store_dirty(w->store));
    cJSON *out = ask("GetApiKeys", "{\"includeValues\":true}");
    const cJSON *item = cJSON_GetArrayItem(cJSON_GetObjectItem(out, "item"), 0);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(item, "value")), KEY);
    cJSON_Delete(out);
    char json[60];
    snprintf(json, sizeof json, "{\"ApiId\":\"%s\"}", rest_id);
    put("DeleteApi", json, NULL, NULL);
    send(rest_id, "POST /orders", NULL, "");
    answers(403, "{\"message\":\"Forbidden\"}");
}

static int item_count(const cJSON *out)
{
    return cJSON_GetArraySize(cJSON_GetObjectItem(out, "item"));
}

static void assert_items(const char *operation, const char *json, int n)
{
    cJSON *out = ask(operation, json);
    assert_int_equal(item_count(out), n);
    cJSON_Delete(out);
}

/* Lists have pages, names to look for, and keys to look for. */
static void test_lists(void **state)
{
    (void)state;
    char json[200], key[20];
    put("PutApiKey", "{\"LogicalId\":\"A\",\"Name\":\"other-a\"}", "Id", key);
    put("PutApiKey", "{\"LogicalId\":\"B\",\"Name\":\"other-b\"}", "Id", key);
    cJSON *out = ask("GetApiKeys", "{\"limit\":2}");
    assert_int_equal(item_count(out), 2);
    snprintf(json, sizeof json, "{\"position\":\"%s\"}",
             cJSON_GetStringValue(cJSON_GetObjectItem(out, "position")));
    cJSON_Delete(out);
    out = ask("GetApiKeys", json);
    assert_int_equal(item_count(out), 1);
    assert_null(cJSON_GetObjectItem(out, "position"));
    cJSON_Delete(out);
    assert_items("GetApiKeys", "{\"nameQuery\":\"other-\"}", 2);
    assert_items("GetApiKeys", "{\"nameQuery\":\"ther\"}", 0);
    snprintf(json, sizeof json, "{\"keyId\":\"%s\"}", key);
    assert_items("GetUsagePlans", json, 0);
    assert_items("GetUsagePlans", "{}", 1);

    struct call *c = door_open(w, NULL, "apigateway", "GetUsagePlanKeys");
    c->in = cJSON_Parse("{\"usagePlanId\":\"none\"}");
    door_wait(c);
    assert_string_equal(c->fault->code, "NotFoundException");
    call_free(c);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rest_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rest_output, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rest_refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_throttled, setup, teardown),
        cmocka_unit_test_setup_teardown(test_function_troubles, setup, teardown),
        cmocka_unit_test_setup_teardown(test_integration_timeout, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rest_cors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rest_cors_key, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rest_binary, setup, teardown),
        cmocka_unit_test_setup_teardown(test_http_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_http_cookies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_headers_in_both_maps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rest_headers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_no_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_http_format1, setup, teardown),
        cmocka_unit_test_setup_teardown(test_http_routes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_http_cors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stage_in_path, setup, teardown),
        cmocka_unit_test_setup_teardown(test_http_body, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rest_slashes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rest_authorization, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_put_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lists, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
