/* lambda/worker: handlers that answer, fail, wait, hang and try to get out. */
#include "lua_home.h"

#include "base/codec.h"

#include <sys/stat.h>
#include <unistd.h>

/* --- results and context ------------------------------------------------------------------------------- */

static void test_results(void **state)
{
    (void)state;
    gives("return function(event) return 'hello ' .. event.name end", "{\"name\":\"ada\"}", "\"hello ada\"");
    gives("return {handler = function() end}", "{}", "null");
    gives("local M = {} function M.handler(e) return {sum = e.a + e.b, list = {1, 2}} end return M",
          "{\"a\":40,\"b\":2}", "{\"list\":[1,2],\"sum\":42}");
    gives("return function() return true, 'more' end", "{}", "true");
}

static void test_context(void **state)
{
    (void)state;
    gives("return function(_, c) return {c.function_name, c.function_version, c.invoked_function_arn, "
          "c.memory_limit_in_mb, c.aws_request_id, c.log_group_name, c.log_stream_name, "
          "math.type(c.get_remaining_time_in_millis()), c:get_remaining_time_in_millis() > 1000} end",
          "{}",
          "[\"hello\",\"$LATEST\",\"arn:aws:lambda:us-east-1:000000000000:function:hello\",\"32\","
          "\"11111111-2222-4333-8444-555555555555\",\"/aws/lambda/hello\",\"2026/11/22/[$LATEST]abc\","
          "\"integer\",true]");
    gives("return function() local g = os.getenv return {g'TABLE', g'AWS_REGION', "
          "g'AWS_LAMBDA_FUNCTION_MEMORY_SIZE', g'_HANDLER', g'AWS_ENDPOINT_URL', g'NOPE' or json.null, "
          "g'_X_AMZN_TRACE_ID'} end",
          "{}",
          "[\"Orders\",\"us-east-1\",\"32\",\"index.handler\",\"http://localhost:4566\",null,"
          "\"Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1\"]");
}

static void test_warm(void **state)
{
    struct lua_home h;
    (void)state;
    home_open(&h, "local n = 0 return function() n = n + 1 seen = (seen or '') .. n return seen end");
    assert_string_equal(home_invoke(&h, "0"), "\"1\"");
    assert_string_equal(home_invoke(&h, "0"), "\"12\"");
    assert_int_equal(h.cold, 1);
    assert_int_equal(h.started, 2);
    assert_int_equal(h.last.init_us, 0);
    assert_true(h.last.memory_used > 10000);
    assert_true(h.last.memory_used < 100000);
    h.refuse = true; /* taken back: dropped without a word */
    uint64_t id = home_start(&h, "0", 60000);
    home_run(&h);
    assert_null(h.payload[id]);
    h.refuse = false;
    assert_string_equal(home_invoke(&h, "0"), "\"123\"");
    home_close(&h);
}

static void test_log(void **state)
{
    struct lua_home h;
    (void)state;
    home_open(&h, "return function() print('a\\nb', 1) log.info('x', {n = 1, f = print}, nil) end");
    clock_freeze(&h.clock);
    clock_set(&h.clock, 1795339800123000);
    home_invoke(&h, "0");
    assert_string_equal(buf_zstr(&h.log), "a\nb\t1\n[INFO]\t2026-11-22T09:30:00.123Z\t"
                                          "11111111-2222-4333-8444-555555555555\tx "
                                          "{\"f\":\"function\",\"n\":1} nil\n");
    home_close(&h);
}

static void test_log_of_bytes(void **state)
{
    struct lua_home h;
    (void)state;
    home_open(&h, "return function() print('a\\xff\\xc3(b\\0c') print(('\\xc3\\xa9'):rep(200000)) end");
    home_invoke(&h, "0");
    assert_true(str_starts(buf_view(&h.log), STR("a\xEF\xBF\xBD\xEF\xBF\xBD(b c\n\xC3\xA9\xC3\xA9")));
    assert_true(codec_utf8_valid(buf_view(&h.log)));
    home_close(&h);
}

/* --- errors -------------------------------------------------------------------------------------------- */

static void test_errors(void **state)
{
    (void)state;
    fails("return function() error('boom') end",
          "\"errorMessage\":\"index.lua:1: boom\",\"errorType\":\"Error\"",
          "\"stackTrace\":[\"index.lua:1: in function 'handler'\"]");
    fails("local function inner() local x = nil return x.y end\nreturn function() inner() end",
          "attempt to index a nil value (local 'x')",
          "\"index.lua:1: in upvalue 'inner'\",\"index.lua:2: in");
    fails("return function() error({code = 'Bad', message = 'no'}) end", "\"errorMessage\":\"no\"",
          "\"errorType\":\"Bad\"");
    fails("return function() error({errorType = 'T', errorMessage = 'm'}) end", "\"m\",\"errorType\":\"T\"",
          "");
    fails("return function() error({a = 1}) end", "\"errorMessage\":\"{\\\"a\\\":1}\"", "\"Error\"");
    fails("return function() error(nil) end", "\"errorMessage\":\"nil\"", "\"Error\"");
    fails("return function() error(setmetatable({}, {__tostring = function() return 'mine' end})) end",
          "\"mine\"", "");
    fails("return function() error(setmetatable({}, {__tostring = function() error('x') end})) end",
          "cannot be shown", "");
    fails("return function() coroutine.wrap(function() error('deep') end)() end", "deep", "index.lua:1: in");
    fails("return function(", "Runtime.UserCodeSyntaxError", "Syntax error in module 'index': index.lua:1:");
    fails("return {create = 1}", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'index'");
    fails("require 'nothing'", "Runtime.ImportModuleError", "module 'nothing' not found");
    fails("error('while loading')", "while loading", "index.lua:1: in main chunk");
}

static void test_errors_keep_warm(void **state)
{
    struct lua_home h;
    (void)state;
    home_open(&h, "local n = 0 return function(e) n = n + 1 if e.fail then error('x') end return n end");
    home_invoke(&h, "{}");
    home_invoke(&h, "{\"fail\":true}");
    assert_int_equal(h.last.discarded, 0);
    assert_string_equal(home_invoke(&h, "{}"), "3");
    assert_non_null(strstr(buf_zstr(&h.log), "\tInvoke Error\t{\"errorMessage\":\"index.lua:1: x\""));
    home_close(&h);
}

/* --- time ---------------------------------------------------------------------------------------------- */

/* The code runs into its deadline of 60 ms and is gone after; the next invocation is served. */
static void times_out(const char *body)
{
    struct lua_home h;
    char code[1000];
    snprintf(code, sizeof(code), "return function(e) if e.ok then return 'ok' end %s end", body);
    home_open(&h, code);
    uint64_t id = home_start(&h, "{}", 60);
    home_run(&h);
    while (!h.done) { /* it waits */
        usleep((useconds_t)executor_wait_us(h.x));
        home_run(&h);
    }
    if (!h.error[id] || strcmp(h.error[id], "Timeout") != 0)
        fail_msg("%s: %s %s", body, h.error[id] ? h.error[id] : "-", h.payload[id]);
    assert_string_equal(h.payload[id],
                        "{\"errorType\":\"Sandbox.Timedout\",\"errorMessage\":\"RequestId: "
                        "11111111-2222-4333-8444-555555555555 Error: Task timed out after 3.00 seconds\"}");
    assert_int_equal(h.last.discarded, 1);
    assert_string_equal(home_invoke(&h, "{\"ok\":1}"), "\"ok\"");
    home_close(&h);
}

static void test_timeouts(void **state)
{
    (void)state;
    times_out("while true do end");
    times_out("local function f() while true do end end while true do pcall(f) end");
    times_out("local function f() return f() end f()");
    times_out("while true do xpcall(function() while true do end end, function() while true do end end) end");
    times_out("coroutine.wrap(function() while true do end end)()");
    times_out("while true do local c = coroutine.create(function() while true do end end) "
              "coroutine.resume(c) end");
    times_out("while true do local c = coroutine.wrap(function() while true do coroutine.yield() end end) "
              "for i = 1, 100 do c() end end");
    times_out("local function nest(n) if n == 0 then while true do end end "
              "local c = coroutine.create(nest) while true do coroutine.resume(c, n - 1) end end nest(20)");
    times_out("local t <close> = setmetatable({}, {__close = function() while true do end end}) "
              "while true do end");
    times_out("local c = coroutine.create(function() local t <close> = setmetatable({}, "
              "{__close = function() while true do end end}) coroutine.yield() end) coroutine.resume(c) "
              "coroutine.close(c)");
    times_out("local t = setmetatable({}, {__index = function() while true do end end}) "
              "while true do pcall(function() return t.x end) end");
    times_out("table.sort({3, 2, 1}, function() while true do end end)");
    times_out("while true do pcall(string.gsub, 'abc', '.', function() while true do end end) end");
    times_out("error(setmetatable({}, {__tostring = function() while true do end end}))");
    times_out("for _ in pcall do end while true do end");
    times_out("return pcall(function() while true do end end)");
    times_out("time.sleep(100000)");
    times_out("aws.sqs.list_queues{}"); /* never answered: the deadline passes while it waits */
}

static void test_slices(void **state)
{
    struct lua_home h;
    (void)state;
    home_open(&h, "return function(e) local n = 0 for i = 1, e.n do n = n + i % 7 end return n end");
    uint64_t slow = home_start(&h, "{\"n\":20000000}", 60000);
    assert_true(home_step(&h, 2000)); /* it was interrupted */
    uint64_t quick = home_start(&h, "{\"n\":10}", 60000);
    while (!h.payload[quick]) /* slice by slice they take turns */
        home_step(&h, 2000);
    assert_string_equal(h.payload[quick], "27");
    assert_null(h.payload[slow]);
    home_run(&h);
    assert_string_equal(h.payload[slow], "60000003");
    home_close(&h);
}

/* Interrupted at every possible place, a program still computes the same. */
static void test_interrupted_everywhere(void **state)
{
    struct lua_home h;
    (void)state;
    home_open(&h,
              "local function gen(n) return coroutine.wrap(function() for i = 1, n do "
              "coroutine.yield(i, i * i) end end) end\n"
              "return function() local s = 0\n"
              "for i, q in gen(50) do s = s + q local ok, e = pcall(error, {i}) s = s + e[1] end\n"
              "local t = setmetatable({}, {__add = function(a, b) return 5 end, __index = function(_, k) "
              "return k * 2 end, __lt = function() return true end, __concat = function() return 'c' end, "
              "__call = function(_, ...) return select('#', ...) end, __eq = function() return true end})\n"
              "for i = 1, 30 do s = s + t[i] + (t + t) + t(i, i) if t < t then s = s + 1 end "
              "if (t .. t) == 'c' then s = s + 1 end end\n"
              "local function v(...) local a, b = ... return a + b, ... end\n"
              "for i = 1, 30 do s = s + (v(i, 2, 3)) end\n"
              "for w in ('a b c'):gmatch('%a') do s = s + w:byte() end\n"
              "table.sort({5, 3, 1, 4}, function(a, b) s = s + 1 return a < b end)\n"
              "return s end");
    char *expected = copy(str_z(home_invoke(&h, "0")));
    for (int round = 0; round < 20; round++) {
        uint64_t id = home_start(&h, "0", 60000);
        do
            executor_interrupt(h.x); /* a slice of no length: yields at each instruction it can */
        while (executor_step(h.x, round % 2));
        assert_string_equal(h.payload[id], expected);
    }
    free(expected);
    home_close(&h);
}

static void test_clock(void **state)
{
    struct lua_home h;
    (void)state;
    home_open(
        &h,
        "return function() return {os.time(), os.date('%Y-%m-%d %H:%M'), os.date('!*t').hour, time.now(), "
        "time.iso(), time.parse('1970-01-02'), os.time{year = 2026, month = 14, day = 1, hour = 0}, "
        "os.time{year = 1970, month = 1, day = 1, hour = 1}} end");
    clock_freeze(&h.clock);
    clock_set(&h.clock, 1795339800123000);
    assert_string_equal(home_invoke(&h, "0"),
                        "[1795339800,\"2026-11-22 09:30\",9,1795339800123,\"2026-11-22T09:30:00.123Z\","
                        "86400000,1801440000,3600]");
    home_close(&h);
}

static void test_sleep(void **state)
{
    struct lua_home h;
    (void)state;
    home_open(&h, "return function() local a = time.now() time.sleep(5000) return time.now() - a end");
    clock_freeze(&h.clock);
    uint64_t id = home_start(&h, "0", 60000);
    home_run(&h);
    assert_null(h.payload[id]);
    assert_true(executor_wait_us(h.x) > 1000000); /* the clock stands: only the deadline is to come */
    clock_set(&h.clock, clock_now_us(&h.clock) + 5000000);
    home_run(&h);
    assert_string_equal(h.payload[id], "5000");
    home_close(&h);
}

/* A sleep goes on for what was left of it, and the time that is told is that which passed. */
static void test_clock_set_back(void **state)
{
    struct lua_home h;
    (void)state;
    home_open(
        &h,
        "return function(e, c) time.sleep(5000) return {c.get_remaining_time_in_millis(), os.clock()} end");
    clock_freeze(&h.clock);
    uint64_t id = home_start(&h, "0", 60000);
    home_run(&h);
    clock_set(&h.clock, clock_now_us(&h.clock) + 2000000);
    home_run(&h);
    clock_set(&h.clock, clock_now_us(&h.clock) - 86400000000);
    home_run(&h);
    clock_set(&h.clock, clock_now_us(&h.clock) + 2999000);
    home_run(&h);
    assert_null(h.payload[id]);
    clock_set(&h.clock, clock_now_us(&h.clock) + 1000);
    home_run(&h);
    assert_string_equal(h.payload[id], "[55000,5]");
    assert_int_equal(h.last.duration_us, 5000000);
    home_close(&h);
}

/* The news of it is a second old, in which ten passed here: the sleep ends when the world says so. */
static void test_clock_frozen_late(void **state)
{
    struct lua_home h;
    (void)state;
    home_open(&h, "return function() time.sleep(800000) return true end");
    clock_freeze(&h.clock);
    int64_t begin = clock_now_us(&h.clock), due = begin + 800000000, then = clock_mono_us() - 1000000;
    uint64_t id = home_start(&h, "0", 900000);
    home_run(&h);
    h.clock = (struct clock){.speed = 10, .world_us = begin, .real_us = then};
    home_run(&h);
    h.clock = (struct clock){.frozen = true, .speed = 10, .world_us = begin + 10, .real_us = then + 1};
    home_run(&h);
    clock_set(&h.clock, due - 1000);
    home_run(&h);
    assert_null(h.payload[id]);
    clock_set(&h.clock, due);
    home_run(&h);
    assert_string_equal(h.payload[id], "true");
    home_close(&h);
}

/* --- memory -------------------------------------------------------------------------------------------- */

static void runs_out(const char *body)
{
    struct lua_home h;
    char code[1000];
    snprintf(code, sizeof(code), "return function(e) if e.ok then return 'ok' end %s end", body);
    home_open(&h, code);
    const char *payload = home_invoke(&h, "{}");
    if (strcmp(payload, "{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: "
                        "11111111-2222-4333-8444-555555555555 Error: Runtime exited with error: signal: "
                        "killed\"}") != 0)
        fail_msg("%s: %s", body, payload);
    assert_int_equal(h.last.discarded, 1);
    assert_true(h.last.memory_used <= 32 << 20);
    assert_string_equal(home_invoke(&h, "{\"ok\":1}"), "\"ok\"");
    home_close(&h);
}

static void test_memory(void **state)
{
    (void)state;
    runs_out("local t = {} while true do t[#t + 1] = ('%099d'):format(1):rep(90) .. #t end");
    runs_out("return ('x'):rep(1e9)");
    runs_out("local s = ('%099d'):format(1) while true do s = s .. s end");
    runs_out("local t = {} for i = 1, 1e9 do t[i] = i end");
    runs_out("return string.format('%99d', 1):rep(1e7)");
    runs_out("local t = {} while true do t = {t} end");
    gives("return function() local ok, e = pcall(string.rep, 'x', 1e9) return {ok, e} end", "{}",
          "[false,\"not enough memory\"]");
}

static void test_recursion(void **state)
{
    (void)state;
    struct lua_home h;
    struct function_spec spec =
        home_spec("local function f() return 1 + f() end return function() return f() end");
    spec.memory_mb = 128;
    home_open_spec(&h, &spec, 1);
    assert_non_null(strstr(home_invoke(&h, "{}"), "stack overflow"));
    assert_non_null(strstr(h.payload[0], "\"...\""));
    home_close(&h);
    fails("return function() local function f() return pcall(f) end local t = setmetatable({}, {__index = "
          "function(t, k) return t[k] end}) return t.x end",
          "stack overflow", "");
    fails("local function f() coroutine.wrap(f)() end return function() f() end", "C stack overflow", "");
}

/* --- waiting ------------------------------------------------------------------------------------------- */

static void test_calls(void **state)
{
    struct lua_home h;
    (void)state;
    home_open(&h, "return function(e) local r = aws.sqs.send_message{QueueUrl = 'u', MessageBody = e.body} "
                  "return r.MessageId end");
    uint64_t a = home_start(&h, "{\"body\":\"one\"}", 60000), b = home_start(&h, "{\"body\":\"two\"}", 60000);
    home_run(&h);
    assert_int_equal(h.calls, 2); /* the second runs while the first waits */
    assert_string_equal(h.service, "sqs");
    assert_string_equal(h.operation, "send_message");
    assert_string_equal(h.input, "{\"MessageBody\":\"two\",\"QueueUrl\":\"u\"}");
    home_answer(&h, 200, "{\"MessageId\":\"m2\"}", NULL, NULL);
    assert_string_equal(h.payload[b], "\"m2\"");
    assert_null(h.payload[a]);
    executor_answer(h.x, a, 1, 200, STR("{\"MessageId\":\"m1\"}"), STR_NONE, STR_NONE);
    home_run(&h);
    assert_string_equal(h.payload[a], "\"m1\"");
    executor_answer(h.x, a, 1, 200, STR("{}"), STR_NONE, STR_NONE); /* too late: for nobody */
    home_close(&h);
}

static void test_faults(void **state)
{
    struct lua_home h;
    (void)state;
    home_open(
        &h, "return function(e) local ok, err = pcall(aws.sqs.delete_queue, {QueueUrl = 'u'}) "
            "if e.raise then error(err) end "
            "return {ok, err.code, err.message, err.status, tostring(err), err.service, err.operation} end");
    home_start(&h, "{}", 60000);
    home_run(&h);
    home_answer(&h, 400, NULL, "QueueDoesNotExist", "no such queue");
    assert_string_equal(h.payload[0], "[false,\"QueueDoesNotExist\",\"no such queue\",400,"
                                      "\"QueueDoesNotExist: no such queue\",\"sqs\",\"delete_queue\"]");
    home_start(&h, "{\"raise\":true}", 60000);
    home_run(&h);
    home_answer(&h, 400, NULL, "QueueDoesNotExist", "no such queue");
    assert_non_null(strstr(h.payload[1], "\"no such queue\",\"errorType\":\"QueueDoesNotExist\""));
    home_close(&h);
}

/* A wait passes through the handler's own coroutines, and is refused where it cannot. */
static void test_calls_in_coroutines(void **state)
{
    struct lua_home h;
    (void)state;
    home_open(&h,
              "local function get() return aws.sqs.list_queues().n end\n"
              "return function(e)\n"
              "if e.sort then table.sort({2, 1}, function() get() end) end\n"
              "if e.deep then return select(2, pcall(string.gsub, 'a', 'a', function() "
              "return coroutine.wrap(get)() end)) end\n"
              "local co = coroutine.create(function(a) local b = coroutine.yield(a + get()) "
              "return coroutine.wrap(function() return get() + b end)() end)\n"
              "local _, x = coroutine.resume(co, 1) local _, y = coroutine.resume(co, 100)\n"
              "return {x, y, coroutine.status(co), coroutine.isyieldable(), select(2, coroutine.running())}\n"
              "end");
    home_start(&h, "{}", 60000);
    home_run(&h);
    home_answer(&h, 200, "{\"n\":10}", NULL, NULL);
    home_answer(&h, 200, "{\"n\":20}", NULL, NULL);
    assert_string_equal(h.payload[0], "[11,120,\"dead\",false,true]");
    assert_non_null(strstr(home_invoke(&h, "{\"sort\":1}"), "cannot wait inside table.sort"));
    assert_non_null(strstr(home_invoke(&h, "{\"deep\":1}"), "cannot wait inside table.sort"));
    assert_int_equal(h.calls, 2);
    home_close(&h);
}

static void test_waits_while_loading(void **state)
{
    struct lua_home h;
    (void)state;
    home_open(&h, "local n = aws.ssm.get_parameter{Name = 'x'}.Value return function() return n end");
    home_start(&h, "{}", 60000);
    home_run(&h);
    assert_int_equal(h.started, 0);
    home_answer(&h, 200, "{\"Value\":7}", NULL, NULL);
    assert_string_equal(h.payload[0], "7");
    assert_string_equal(home_invoke(&h, "{}"), "7");
    assert_int_equal(h.calls, 1);
    home_close(&h);
}

static void test_more_than_fit(void **state)
{
    struct lua_home h;
    (void)state;
    home_open(&h, "return function(e) return aws.a.b{}.x + e end");
    for (int i = 0; i < 7; i++) /* room for four */
        home_start(&h, "1", 60000);
    home_run(&h);
    assert_int_equal(h.calls, 4);
    for (uint64_t i = 0; i < 7; i++) {
        executor_answer(h.x, i, i + 1, 200, STR("{\"x\":5}"), STR_NONE, STR_NONE);
        home_run(&h);
        assert_string_equal(h.payload[i], "6");
    }
    assert_int_equal(h.cold, 4);
    home_close(&h);
}

/* --- conveniences -------------------------------------------------------------------------------------- */

/* The handler's one call has this input; with this answer it gives that. */
static void calls(const char *body, const char *operation, const char *input, const char *answer,
                  const char *expected)
{
    struct lua_home h;
    char code[1000];
    snprintf(code, sizeof(code),
             "local t, q, p = aws.table('T'), aws.queue('Q'), aws.topic('P') "
             "return function() %s end",
             body);
    home_open(&h, code);
    const char *payload = home_invoke(&h, "{}");
    if (payload)
        fail_msg("%s: %s", body, payload);
    assert_string_equal(h.operation, operation);
    assert_string_equal(h.input, input);
    home_answer(&h, 200, answer, NULL, NULL);
    assert_string_equal(h.payload[0], expected);
    home_close(&h);
}

static void test_table(void **state)
{
    (void)state;
    calls("t:put({id = 'a', n = 3, f = 0.5, b = true, z = json.null, l = {1, 'x'}, e = json.array(), m = {k "
          "= {}}, "
          "s = aws.set{'p', 'q'}, ns = aws.set{1, 2}, bin = aws.binary('\\0\\xff')})",
          "PutItem",
          "{\"TableName\":\"T\",\"Item\":{\"b\":{\"BOOL\":true},\"bin\":{\"B\":\"AP8=\"},\"e\":{\"L\":[]},"
          "\"f\":{\"N\":\"0.5\"},\"id\":{\"S\":\"a\"},\"l\":{\"L\":[{\"N\":\"1\"},{\"S\":\"x\"}]},"
          "\"m\":{\"M\":{\"k\":{\"M\":{}}}},\"n\":{\"N\":\"3\"},\"ns\":{\"NS\":[\"1\",\"2\"]},"
          "\"s\":{\"SS\":[\"p\",\"q\"]},\"z\":{\"NULL\":true}}}",
          "{}", "null");
    calls("return t:get({id = 1}, {consistent = true})", "GetItem",
          "{\"TableName\":\"T\",\"Key\":{\"id\":{\"N\":\"1\"}},\"ConsistentRead\":true}",
          "{\"Item\":{\"id\":{\"N\":\"1\"},\"f\":{\"N\":\"1.5\"},\"z\":{\"NULL\":true},\"m\":{\"M\":{\"l\":{"
          "\"L\":"
          "[{\"S\":\"x\"},{\"BOOL\":false}]}}},\"e\":{\"L\":[]}}}",
          "{\"e\":[],\"f\":1.5,\"id\":1,\"m\":{\"l\":[\"x\",false]},\"z\":null}");
    calls("return t:get{id = 1}", "GetItem", "{\"TableName\":\"T\",\"Key\":{\"id\":{\"N\":\"1\"}}}", "{}",
          "null");
    calls("return t:update({id = 1}, {status = 'SHIPPED'})", "UpdateItem",
          "{\"TableName\":\"T\",\"Key\":{\"id\":{\"N\":\"1\"}},\"UpdateExpression\":\"SET #t1 = :t1\","
          "\"ReturnValues\":\"ALL_NEW\",\"ExpressionAttributeNames\":{\"#t1\":\"status\"},"
          "\"ExpressionAttributeValues\":{\":t1\":{\"S\":\"SHIPPED\"}}}",
          "{\"Attributes\":{\"status\":{\"S\":\"SHIPPED\"}}}", "{\"status\":\"SHIPPED\"}");
    calls("return t:update({id = 1}, nil, {remove = {'a'}, add = {n = 2}, condition = 'x = :x', "
          "values = {[':x'] = 1}, returns = 'NONE'})",
          "UpdateItem",
          "{\"TableName\":\"T\",\"Key\":{\"id\":{\"N\":\"1\"}},\"UpdateExpression\":\" REMOVE #t1 ADD #t2 "
          ":t2\","
          "\"ConditionExpression\":\"x = :x\",\"ReturnValues\":\"NONE\",\"ExpressionAttributeNames\":"
          "{\"#t1\":\"a\",\"#t2\":\"n\"},\"ExpressionAttributeValues\":{\":t2\":{\"N\":\"2\"},\":x\":{\"N\":"
          "\"1\"}}}",
          "{}", "null");
    calls("local items, last = t:query{key = {c = 'ada'}, index = 'I', limit = 2, descending = true} "
          "return {items, last}",
          "Query",
          "{\"TableName\":\"T\",\"KeyConditionExpression\":\"#t1 = :t1\",\"IndexName\":\"I\",\"Limit\":2,"
          "\"ScanIndexForward\":false,\"ExpressionAttributeNames\":{\"#t1\":\"c\"},"
          "\"ExpressionAttributeValues\":{\":t1\":{\"S\":\"ada\"}}}",
          "{\"Items\":[{\"n\":{\"N\":\"1\"}},{\"n\":{\"N\":\"2\"}}],\"Count\":2,\"LastEvaluatedKey\":"
          "{\"n\":{\"N\":\"2\"}}}",
          "[[{\"n\":1},{\"n\":2}],{\"n\":2}]");
    calls("return (t:scan())", "Scan", "{\"TableName\":\"T\"}", "{\"Items\":[]}", "[]");
    fails("return function() aws.table('T'):get({id = 1}, {consistant = true}) end",
          "unknown option 'consistant'", "");
    fails("return function() aws.table('T').get({id = 1}) end", "call with a colon", "");
}

static void test_each(void **state)
{
    struct lua_home h;
    (void)state;
    home_open(&h, "return function() local s = '' for item in aws.table('T'):each() do s = s .. item.n end "
                  "return s end");
    home_start(&h, "{}", 60000);
    home_run(&h);
    home_answer(&h, 200,
                "{\"Items\":[{\"n\":{\"N\":\"1\"}},{\"n\":{\"N\":\"2\"}}],\"LastEvaluatedKey\":{\"n\":"
                "{\"N\":\"2\"}}}",
                NULL, NULL);
    assert_string_equal(h.input, "{\"TableName\":\"T\",\"ExclusiveStartKey\":{\"n\":{\"N\":\"2\"}}}");
    home_answer(&h, 200, "{\"Items\":[],\"LastEvaluatedKey\":{\"n\":{\"N\":\"3\"}}}", NULL, NULL);
    home_answer(&h, 200, "{\"Items\":[{\"n\":{\"N\":\"4\"}}]}", NULL, NULL);
    assert_string_equal(h.payload[0], "\"124\"");
    home_close(&h);
}

static void test_messages(void **state)
{
    (void)state;
    calls("return q:send({n = 1}, {delay = 2, attributes = {n = 3}}).MessageId", "SendMessage",
          "{\"QueueUrl\":\"http://localhost:4566/000000000000/Q\",\"MessageBody\":\"{\\\"n\\\":1}\","
          "\"DelaySeconds\":2,\"MessageAttributes\":{\"n\":{\"DataType\":\"Number\",\"StringValue\":\"3\"}}}",
          "{\"MessageId\":\"m\"}", "\"m\"");
    calls("return q:send_batch{'a', {x = 1}, {body = 'b', delay = 5}}", "SendMessageBatch",
          "{\"QueueUrl\":\"http://localhost:4566/000000000000/"
          "Q\",\"Entries\":[{\"Id\":\"1\",\"MessageBody\":\"a\"},"
          "{\"Id\":\"2\",\"MessageBody\":\"{\\\"x\\\":1}\"},{\"Id\":\"3\",\"MessageBody\":\"b\","
          "\"DelaySeconds\":5}]}",
          "{\"Failed\":[]}", "{\"Failed\":[]}");
    calls("return #q:receive{max = 10}", "ReceiveMessage",
          "{\"QueueUrl\":\"http://localhost:4566/000000000000/"
          "Q\",\"MaxNumberOfMessages\":10,\"AttributeNames\":"
          "[\"All\"],\"MessageAttributeNames\":[\"All\"]}",
          "{}", "0");
    calls("q:delete{ReceiptHandle = 'r'}", "DeleteMessage",
          "{\"QueueUrl\":\"http://localhost:4566/000000000000/Q\",\"ReceiptHandle\":\"r\"}", "{}", "null");
    calls("return p:publish('hi', {subject = 's'}).MessageId", "Publish",
          "{\"TopicArn\":\"arn:aws:sns:us-east-1:000000000000:P\",\"Message\":\"hi\",\"Subject\":\"s\"}",
          "{\"MessageId\":\"m\"}", "\"m\"");
    calls("return aws.invoke('f', {n = 1}).x", "Invoke",
          "{\"FunctionName\":\"f\",\"InvocationType\":\"RequestResponse\",\"Payload\":\"{\\\"n\\\":1}\"}",
          "{\"StatusCode\":200,\"Payload\":\"{\\\"x\\\":5}\"}", "5");
    calls("local ok, e = pcall(aws.invoke, 'f') return {ok, e.code, e.message}", "Invoke",
          "{\"FunctionName\":\"f\",\"InvocationType\":\"RequestResponse\",\"Payload\":\"null\"}",
          "{\"StatusCode\":200,\"FunctionError\":\"Unhandled\",\"Payload\":\"{\\\"errorType\\\":\\\"T\\\","
          "\\\"errorMessage\\\":\\\"m\\\"}\"}",
          "[false,\"T\",\"m\"]");
    calls("local r = http.post('http://x/', '\\xff', {headers = {a = 'b'}, timeout = 100}) return {r.status, "
          "r.body}",
          "Request",
          "{\"Method\":\"POST\",\"Url\":\"http://x/\",\"TimeoutMs\":100,\"Headers\":{\"a\":\"b\"},"
          "\"BodyBase64\":true,\"Body\":\"/w==\"}",
          "{\"Status\":404,\"Headers\":{},\"Body\":\"aGk=\",\"BodyBase64\":true}", "[404,\"hi\"]");
}

static void test_small_libraries(void **state)
{
    (void)state;
    gives("return function() return {base64.encode('a\\0b'), base64.decode('YQBi'), base64.decode('_w') == "
          "'\\xff', "
          "base64.encode_url('\\xff\\xfe'), select(2, base64.decode('!'))} end",
          "0", "[\"YQBi\",\"a\\u0000b\",true,\"__4\",\"not base64\"]");
    gives(
        "return function() return {crypto.md5(''), crypto.sha1('abc'), #crypto.sha256('', true), "
        "crypto.hmac_sha256('key', 'The quick brown fox jumps over the lazy dog'), #crypto.random_bytes(9), "
        "crypto.uuid():match('^%x+%-%x+%-4%x+%-[89ab]%x+%-%x+$') ~= nil} end",
        "0",
        "[\"d41d8cd98f00b204e9800998ecf8427e\",\"a9993e364706816aba3e25717850c26c9cd0d89d\",32,"
        "\"f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8\",9,true]");
}

/* --- the sandbox --------------------------------------------------------------------------------------- */

static void test_sandbox(void **state)
{
    (void)state;
    gives("return function() local r = {} for _, n in ipairs{'io', 'debug', 'dofile', 'loadfile', "
          "'loadstring', "
          "'module', 'warn', 'arg'} do if _G[n] ~= nil then r[#r + 1] = n end end "
          "for _, n in ipairs{'execute', 'exit', 'remove', 'rename', 'tmpname', 'setlocale'} do "
          "if os[n] ~= nil then r[#r + 1] = n end end "
          "if string.dump or package.loadlib or package.cpath then r[#r + 1] = 'more' end return r end",
          "0", "{}");
    gives("return function() return {load('\\27Lua') == nil, load('return 1', 'x', 'b')(), "
          "load('return a', 'x', 't', {a = 5})(), pcall(require, 'io') == false, "
          "getmetatable('') == false, pcall(setmetatable, '', {}), "
          "(pcall(setmetatable, {}, {__gc = print})), (pcall(collectgarbage, 'stop'))} end",
          "0", "[true,1,5,true,true,false,false,false]");
    gives("return function(e) local f = getmetatable(e) return f == nil and 'none' end", "{}", "\"none\"");
    gives("string.rep = function() return 'mine' end return function() return ('x'):rep(2) end", "0",
          "\"mine\"");
    gives("return function() local co = coroutine.running() return {pcall(coroutine.resume, co), "
          "(pcall(coroutine.close, co)), (pcall(coroutine.yield, 1))} end",
          "0", "[true,false,false]");
}

/* What is ours and within reach is given nothing that it cannot stand. */
static void test_sandbox_holds(void **state)
{
    (void)state;
    gives("return function(e, c) local t = {} for _, v in ipairs{e, c, json.array(), json.object(), "
          "aws.table('T'), aws.queue('Q'), aws.topic('T'), aws.set{1}, aws.binary('b')} do "
          "t[#t + 1] = getmetatable(v) end return #t end",
          "[]", "0");
    gives("return function() local m, t = {__index = print}, {} "
          "return {getmetatable(setmetatable(t, m)) == m, getmetatable(t).__index == print, "
          "getmetatable(setmetatable({}, {__metatable = 'no'})), select('#', getmetatable({})), "
          "(pcall(getmetatable))} end",
          "0", "[true,true,\"no\",1,false]");
    gives("return function() local service, operation = getmetatable(aws).__index, "
          "getmetatable(aws.sqs).__index "
          "return {(pcall(service, 1, 'x')), (pcall(service, 'x', 'x')), (pcall(operation, 1, 'x')), "
          "(pcall(operation, 'x', 'x'))} end",
          "0", "[false,false,false,false]");
    gives("return function() local t = {} for _, v in ipairs{{SS = 'abc'}, {NS = 5}, {M = 'abc'}, {L = 5}, "
          "{L = {5}}, {M = {a = 'x'}}, 5, {}, {5}, {S = {}}, {SS = {{}}}} do "
          "t[#t + 1] = (pcall(aws.plain, {x = v})) end return t end",
          "0", "[false,false,false,false,false,false,false,false,false,false,false]");
    gives("return function() return aws.plain{a = {['']= 'x'}} end", "0", "{\"a\":\"x\"}");
    gives("return function() return {(pcall(os.time, {year = 1000000000, month = 1, day = 1})), "
          "os.time{year = 100000000, month = 1000000000, day = 1000000000, hour = 1000000000} > 0, "
          "os.time{year = -100000000, month = -1000000000, day = 1} < 0} end",
          "0", "[false,true,true]");
}

/* The thread in which an error is shown is not the guest's. */
static void test_sandbox_of_tostring(void **state)
{
    struct lua_home h;
    (void)state;
    home_open(&h, "return function(e) if e.fail then error(setmetatable({}, {__tostring = function() "
                  "thread, main = coroutine.running() pcall(coroutine.yield) "
                  "return tostring(coroutine.isyieldable()) end})) end "
                  "return {thread == coroutine.running(), main, coroutine.status(thread)} end");
    assert_non_null(strstr(home_invoke(&h, "{\"fail\":true}"), "\"errorMessage\":\"false\""));
    assert_string_equal(home_invoke(&h, "{}"), "[true,true,\"running\"]");
    home_close(&h);
}

/* No half of it is sent. */
static void test_what_is_too_long_for_a_call(void **state)
{
    struct lua_home h;
    (void)state;
    struct function_spec spec = home_spec(
        "return function() local t = {a = ('x'):rep(17 << 20)} local q = aws.queue('Q') "
        "return {(pcall(aws.invoke, 'f', t)), (pcall(q.send, q, t)), (pcall(q.send_batch, q, {t})), "
        "(pcall(aws.typed, t)), (pcall(aws.sqs.send_message, t))} end");
    spec.memory_mb = 256;
    home_open_spec(&h, &spec, 1);
    assert_string_equal(home_invoke(&h, "0"), "[false,false,false,false,false]");
    assert_int_equal(h.calls, 0);
    home_close(&h);
}

static void test_unknown_options(void **state)
{
    (void)state;
    gives("return function() return {(pcall(http.get, 'http://x', {header = {}})), "
          "(pcall(http.get, 'http://x', {headers = 'x'})), (pcall(http.get, 'http://x', {timeout = "
          "4294967297})), (pcall(http.request, {url = 'http://x', 'x'})), "
          "(pcall(aws.invoke, 'f', {}, {asnyc = true})), (pcall(aws.invoke, 'f', {}, 'async'))} end",
          "0", "[false,false,false,false,false,false]");
}

/* In each place of a request's head that a handler writes. */
static void test_control_characters_in_requests(void **state)
{
    (void)state;
    gives("return function() local said = {} "
          "for _, c in ipairs{0, 9, 10, 13, 27, 127} do c = 'a' .. string.char(c) .. 'b' "
          "for _, r in ipairs{{url = 'http://x/' .. c}, {url = 'http://x/', method = c}, "
          "{url = 'http://x/', headers = {[c] = 'x'}}, {url = 'http://x/', headers = {x = c}}} do "
          "local ok, e = pcall(http.request, r) "
          "said[#said + 1] = not ok and e:match('the control character %d+ in [%a\\x27 ]+$') end end "
          "return {#said, said[1], said[12], said[15], said[24]} end",
          "0",
          "[24,\"the control character 0 in the url\",\"the control character 10 in a header's value\","
          "\"the control character 13 in a header's name\",\"the control character 127 in a header's "
          "value\"]");
    gives(
        "return function() local function refused(h) "
        "return select(2, pcall(http.request, {url = 'http://x', headers = h})):match('request: (.*)$') end "
        "return {refused{'x'}, refused{x = true}, refused{x = {}}, refused{x = '\\xff'}} end",
        "0",
        "[\"names and values of 'headers' must be strings\",\"names and values of 'headers' must be "
        "strings\",\"names and values of 'headers' must be strings\",\"a header's value is not UTF-8\"]");
}

/* A folder of modules, with one outside that a link leads to. */
static void write_file(const char *folder, const char *name, const char *text)
{
    char path[300];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void remove_file(const char *folder, const char *name)
{
    char path[300];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(remove(path), 0);
}

static void test_modules(void **state)
{
    (void)state;
    char top[] = "/tmp/tidepool-worker-XXXXXX", app[60], sub[80], link[80], target[60];
    assert_non_null(mkdtemp(top));
    snprintf(app, sizeof(app), "%s/app", top);
    snprintf(sub, sizeof(sub), "%s/sub", app);
    mkdir(app, 0700);
    mkdir(sub, 0700);
    write_file(top, "secret.lua", "return 'secret'");
    write_file(app, "orders.lua",
               "#!/usr/bin/lua\nlocal u = require 'sub.util' local M = {}\n"
               "function M.create() return {u.name, require('sub').name, (require 'json').mine, "
               "require 'sub.util' == u, (pcall(require, '..secret')), (pcall(require, 'evil')), "
               "(pcall(require, '../secret')), (pcall(require, 'me'))} end\n"
               "function M.fail() u.fail() end return M");
    write_file(app, "json.lua", "return {mine = 'own json'}");
    write_file(app, "me.lua", "return require 'me'");
    write_file(sub, "util.lua", "return {name = ..., fail = function()\nerror('in util') end}");
    write_file(sub, "init.lua", "return {name = 'init'}");
    snprintf(link, sizeof(link), "%s/evil.lua", app);
    snprintf(target, sizeof(target), "%s/secret.lua", top);
    assert_int_equal(symlink(target, link), 0);

    struct lua_home h;
    struct function_spec spec = home_spec(NULL);
    spec.folder = str_z(app);
    spec.handler = STR("orders.create");
    home_open_spec(&h, &spec, 4);
    assert_string_equal(home_invoke(&h, "{}"),
                        "[\"sub.util\",\"init\",\"own json\",true,false,false,false,false]");
    home_close(&h);
    spec.handler = STR("orders.fail");
    home_open_spec(&h, &spec, 4);
    assert_non_null(
        strstr(home_invoke(&h, "{}"),
               "\"errorMessage\":\"sub/util.lua:2: in util\",\"errorType\":\"Error\",\"stackTrace\":["
               "\"sub/util.lua:2: in field 'fail'\",\"orders.lua:4: in function 'fail'\"]"));
    home_close(&h);
    spec.handler = STR("nowhere.create");
    home_open_spec(&h, &spec, 4);
    assert_non_null(strstr(home_invoke(&h, "{}"), "Runtime.ImportModuleError"));
    home_close(&h);

    remove_file(app, "evil.lua");
    remove_file(app, "me.lua");
    remove_file(app, "json.lua");
    remove_file(app, "orders.lua");
    remove_file(sub, "util.lua");
    remove_file(sub, "init.lua");
    remove_file(top, "secret.lua");
    rmdir(sub);
    rmdir(app);
    rmdir(top);
}

static void test_warming(void **state)
{
    struct lua_home h;
    (void)state;
    home_open(&h, "return function() return 1 end");
    assert_null(executor_warm(h.x).p);
    assert_string_equal(home_invoke(&h, "{}"), "1");
    assert_int_equal(h.cold, 0);
    home_close(&h);
    home_open(&h, "return function(");
    assert_true(str_search(executor_warm(h.x), STR("Runtime.UserCodeSyntaxError")) > 0);
    home_close(&h);
}

static void test_small(void **state)
{
    struct lua_home h;
    (void)state;
    home_open(&h, "return function() return 1 end");
    home_invoke(&h, "{}");
    assert_true(executor_tidy(h.x));
    home_invoke(&h, "{}");
    print_message("an environment takes %d bytes\n", (int)h.last.memory_used);
    assert_true(h.last.memory_used < 64 << 10);
    home_close(&h);
}

static void test_tidying(void **state)
{
    struct lua_home h;
    (void)state;
    home_open(&h, "return function(e) if e.wait then aws.a.b{} end for i = 1, 1000 do local t = {} end end");
    home_start(&h, "{\"wait\":1}", 60000);
    home_run(&h);
    home_invoke(&h, "{}"); /* in a second environment */
    home_answer(&h, 200, "{}", NULL, NULL);
    assert_true(executor_tidy(h.x)); /* one after the other */
    assert_true(executor_tidy(h.x));
    assert_false(executor_tidy(h.x));
    home_invoke(&h, "{}");
    assert_true(executor_tidy(h.x));
    assert_false(executor_tidy(h.x));
    home_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results),
        cmocka_unit_test(test_context),
        cmocka_unit_test(test_warm),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_log_of_bytes),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_errors_keep_warm),
        cmocka_unit_test(test_timeouts),
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_interrupted_everywhere),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_sleep),
        cmocka_unit_test(test_clock_set_back),
        cmocka_unit_test(test_clock_frozen_late),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_recursion),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_calls_in_coroutines),
        cmocka_unit_test(test_waits_while_loading),
        cmocka_unit_test(test_more_than_fit),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_each),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_small_libraries),
        cmocka_unit_test(test_sandbox),
        cmocka_unit_test(test_sandbox_holds),
        cmocka_unit_test(test_sandbox_of_tostring),
        cmocka_unit_test(test_what_is_too_long_for_a_call),
        cmocka_unit_test(test_unknown_options),
        cmocka_unit_test(test_control_characters_in_requests),
        cmocka_unit_test(test_modules),
        cmocka_unit_test(test_warming),
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_tidying),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
