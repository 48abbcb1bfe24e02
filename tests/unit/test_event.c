/* API Gateway's event: as JSON (door/proxy.c) and as a Lua table (lambda/worker/event.c) it is the same. */
#include "lua_home.h"

#include "base/json.h"

#include "lambda/wire.h"

static struct http_header headers[] = {
    {STR_INIT("Host"), STR_INIT("localhost:3000")}, {STR_INIT("User-Agent"), STR_INIT("curl/8")},
    {STR_INIT("X-Twice"), STR_INIT("a")},           {STR_INIT("x-twice"), STR_INIT("b")},
    {STR_INIT("X-Twice"), STR_INIT("c, \"d\"")},    {STR_INIT("Cookie"), STR_INIT("k=1; l=2")},
    {STR_INIT("cookie"), STR_INIT("m=3")},          {STR_INIT("Empty"), STR_INIT("")},
};
static const struct proxy_pair path[] = {{STR_INIT("name"), STR_INIT("ada lovelace")}};
static const struct proxy_pair stage[] = {{STR_INIT("color"), STR_INIT("blue")}};

static struct http_request request(void)
{
    return (struct http_request){
        .method = STR("POST"),
        .query = STR("a=1&b=x+y%21&a=2&flag&&empty="),
        .headers = {headers, 8, 8},
        .remote = STR("127.0.0.1"),
        .minor = 1,
    };
}

static struct proxy_event event(const struct http_request *http)
{
    return (struct proxy_event){
        .format = 1,
        .rest = true,
        .http = http,
        .resource = STR("/hello/{name}"),
        .route_key = STR("POST /hello/{name}"),
        .path = STR("/hello/ada"),
        .path_sent = STR("/hello/ada"),
        .stage = STR("Prod"),
        .api_id = STR("abcdefghij"),
        .account = STR("000000000000"),
        .region = STR("us-east-1"),
        .domain = STR("abcdefghij.execute-api.localhost"),
        .request_id = STR("11111111-2222-4333-8444-555555555555"),
        .resource_id = STR("a1b2c3"),
        .extended_id = STR("Abc="),
        .deployment_id = STR("abc123"),
        .time = 1795339800123,
        .path_parameters = path,
        .path_parameter_count = 1,
        .stage_variables = stage,
        .stage_variable_count = 1,
        .body = STR("{\"x\":1}"),
    };
}

/* What an echo handler makes of the event, straight or through a frame. */
static cJSON *as_lua(const struct proxy_event *e, bool framed)
{
    struct lua_home h;
    home_open(&h, "return function(event) return event end");
    struct invocation in = {.request_id = STR("r"), .budget_us = 60000000, .proxy = e};
    struct arena a;
    struct buf b;
    arena_init(&a);
    buf_init(&b, 1 << 20);
    if (framed) {
        struct str bytes;
        struct frame f;
        bool bad;
        assert_true(wire_put_invocation(&b, &in));
        bytes = buf_view(&b);
        assert_true(frame_next(&bytes, &f, &bad));
        assert_true(wire_take_invocation(&f, &a, &in));
        assert_int_equal(f.rest.n, 0);
    }
    executor_start(h.x, &in);
    home_run(&h);
    assert_null(h.error[0]);
    cJSON *tree = cJSON_Parse(h.payload[0]);
    if (framed)
        wire_drop_invocation(&in);
    arena_release(&a);
    buf_release(&b);
    home_close(&h);
    return tree;
}

/* Both forms are equal; returns the tree. */
static cJSON *both(const struct proxy_event *e)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    proxy_event_json(e, &b);
    cJSON *json = cJSON_Parse(buf_zstr(&b));
    assert_non_null(json);
    for (int framed = 0; framed < 2; framed++) {
        cJSON *lua = as_lua(e, framed);
        if (!cJSON_Compare(json, lua, true)) {
            char *text = cJSON_Print(lua);
            fail_msg("%s\n%s", buf_zstr(&b), text);
        }
        cJSON_Delete(lua);
    }
    buf_release(&b);
    return json;
}

/* The value at a path like "requestContext.identity.sourceIp", as JSON. */
static void has(const cJSON *tree, const char *where, const char *expected)
{
    struct str rest = str_z(where);
    char name[60];
    while (rest.p)
        tree = cJSON_GetObjectItemCaseSensitive(tree, str_copy(str_cut(&rest, '.'), name, sizeof(name)));
    char *text = tree ? cJSON_PrintUnformatted(tree) : strdup("absent");
    if (strcmp(text, expected) != 0)
        fail_msg("%s is %s", where, text);
    free(text);
}

static void test_rest(void **state)
{
    (void)state;
    struct http_request http = request();
    struct proxy_event e = event(&http);
    cJSON *tree = both(&e);
    has(tree, "version", "absent");
    has(tree, "httpMethod", "\"POST\"");
    has(tree, "headers.X-Twice", "\"c, \\\"d\\\"\"");
    has(tree, "multiValueHeaders.X-Twice", "[\"a\",\"c, \\\"d\\\"\"]");
    has(tree, "multiValueHeaders.x-twice", "[\"b\"]");
    has(tree, "queryStringParameters", "{\"a\":\"2\",\"b\":\"x y!\",\"flag\":\"\",\"empty\":\"\"}");
    has(tree, "multiValueQueryStringParameters.a", "[\"1\",\"2\"]");
    has(tree, "pathParameters", "{\"name\":\"ada lovelace\"}");
    has(tree, "requestContext.path", "\"/Prod/hello/ada\"");
    has(tree, "requestContext.deploymentId", "\"abc123\"");
    has(tree, "requestContext.requestTime", "\"22/Nov/2026:09:30:00 +0000\"");
    has(tree, "requestContext.requestTimeEpoch", "1795339800123");
    has(tree, "requestContext.domainPrefix", "\"abcdefghij\"");
    has(tree, "requestContext.identity.sourceIp", "\"127.0.0.1\"");
    has(tree, "requestContext.identity.user", "null");
    has(tree, "requestContext.identity.apiKey", "absent");
    has(tree, "requestContext.authorizer", "absent");
    has(tree, "isBase64Encoded", "false");
    cJSON_Delete(tree);
}

static void test_rest_bare(void **state)
{
    (void)state;
    struct http_request http = {.method = STR("GET"), .remote = STR("::1"), .minor = 0};
    struct proxy_event e = event(&http);
    e.path_parameter_count = e.stage_variable_count = 0;
    e.body = STR_NONE;
    e.api_key = STR("tidepooldemokey000000001");
    e.api_key_id = STR("abc");
    e.authorizer = cJSON_Parse("{\"principalId\":\"user\",\"n\":3,\"s\":\"x\\ny\"}");
    cJSON *tree = both(&e);
    has(tree, "body", "null");
    has(tree, "headers", "null");
    has(tree, "queryStringParameters", "null");
    has(tree, "multiValueQueryStringParameters", "null");
    has(tree, "pathParameters", "null");
    has(tree, "stageVariables", "null");
    has(tree, "requestContext.protocol", "\"HTTP/1.0\"");
    has(tree, "requestContext.identity.apiKey", "\"tidepooldemokey000000001\"");
    has(tree, "requestContext.identity.userAgent", "null");
    has(tree, "requestContext.authorizer.n", "3");
    cJSON_Delete(tree);
    cJSON_Delete((cJSON *)e.authorizer);
}

static void test_http1(void **state)
{
    (void)state;
    struct http_request http = request();
    struct proxy_event e = event(&http);
    e.rest = false;
    e.stage = STR("$default");
    e.resource_id = e.deployment_id = STR_NONE;
    e.path_sent = STR("/hello/%61da");
    e.body_base64 = true;
    cJSON *tree = both(&e);
    has(tree, "version", "\"1.0\"");
    has(tree, "requestContext.path", "\"/hello/ada\"");
    has(tree, "requestContext.resourceId", "null");
    has(tree, "requestContext.deploymentId", "absent");
    has(tree, "path", "\"/hello/%61da\""); /* as it was sent; requestContext.path above is decoded */
    has(tree, "requestContext.authorizer", "{\"claims\":null,\"scopes\":null}");
    has(tree, "isBase64Encoded", "true");
    cJSON_Delete(tree);
}

static void test_http2(void **state)
{
    (void)state;
    struct http_request http = request();
    struct proxy_event e = event(&http);
    e.format = 2;
    e.rest = false;
    e.stage = STR("$default");
    cJSON *tree = both(&e);
    has(tree, "version", "\"2.0\"");
    has(tree, "routeKey", "\"POST /hello/{name}\"");
    has(tree, "rawPath", "\"/hello/ada\"");
    has(tree, "rawQueryString", "\"a=1&b=x+y%21&a=2&flag&&empty=\"");
    has(tree, "cookies", "[\"k=1\",\"l=2\",\"m=3\"]");
    has(tree, "headers.x-twice", "\"a,b,c, \\\"d\\\"\"");
    has(tree, "headers.cookie", "absent");
    has(tree, "queryStringParameters.a", "\"1,2\"");
    has(tree, "requestContext.http.method", "\"POST\"");
    has(tree, "requestContext.timeEpoch", "1795339800123");
    cJSON_Delete(tree);

    http = (struct http_request){.method = STR("GET"), .remote = STR("::1"), .minor = 1};
    e.path_parameter_count = e.stage_variable_count = 0;
    e.body = STR_NONE;
    tree = both(&e);
    has(tree, "body", "absent");
    has(tree, "cookies", "absent");
    has(tree, "queryStringParameters", "absent");
    has(tree, "pathParameters", "absent");
    has(tree, "rawQueryString", "\"\"");
    has(tree, "requestContext.http.userAgent", "\"\"");
    cJSON_Delete(tree);
}

/* In Lua the absent parts are nil, and null only in JSON. */
static void test_nil(void **state)
{
    (void)state;
    struct lua_home h;
    struct http_request http = {.method = STR("GET"), .remote = STR("::1"), .minor = 1};
    struct proxy_event e = event(&http);
    struct invocation in = {.request_id = STR("r"), .budget_us = 60000000, .proxy = &e};
    e.body = STR_NONE;
    home_open(&h,
              "return function(e) e.body = e.body or 'none' return {e.queryStringParameters == nil, e.body, "
              "e.requestContext.identity.user == nil, json.decode(json.encode(e)).headers == json.null} end");
    executor_start(h.x, &in);
    home_run(&h);
    assert_string_equal(h.payload[0], "[true,\"none\",true,true]");
    home_close(&h);
}

/* What looks at all of an event sees all of it, and what the guest does to it stays. */
static void test_late_parts(void **state)
{
    (void)state;
    struct lua_home h;
    struct http_request http = request();
    struct proxy_event e = event(&http);
    struct invocation in = {.request_id = STR("r"), .budget_us = 60000000, .proxy = &e};
    home_open(&h, "local kept\n"
                  "local function count(t, f) local n = 0 for _ in f(t) do n = n + 1 end return n end\n"
                  "return function(e)\n"
                  "if kept then\n"
                  "    assert(e.path and e.headers)\n"
                  "    e.headers, e.path = nil, nil\n"
                  "    assert(e.path == nil and e.headers == nil and e.httpMethod and "
                  "json.decode(json.encode(e)).headers == json.null)\n"
                  "    return {kept.requestContext.requestId, count(kept, pairs)}\n"
                  "end\n"
                  "kept = e\n"
                  "assert(getmetatable(e) == nil)\n"
                  "e.multiValueHeaders = 'mine'\n"
                  "local copy = {} for k, v in next, e do copy[k] = v end\n"
                  "return {copy.multiValueHeaders, copy.requestContext == e.requestContext}\n"
                  "end");
    executor_start(h.x, &in);
    home_run(&h);
    assert_string_equal(h.payload[0], "[\"mine\",true]");
    in.id = 1;
    executor_start(h.x, &in);
    home_run(&h);
    assert_string_equal(h.payload[1], "[\"11111111-2222-4333-8444-555555555555\",12]");
    home_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rest),  cmocka_unit_test(test_rest_bare), cmocka_unit_test(test_http1),
        cmocka_unit_test(test_http2), cmocka_unit_test(test_nil),       cmocka_unit_test(test_late_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
