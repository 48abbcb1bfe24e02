/* lambda/worker/lib/json: what goes through JSON comes back as it was. */
#include "lua_home.h"

#define ECHO "return function(event) return event end"

static void same(const char *text)
{
    gives(ECHO, text, text);
}

static void test_round_trip(void **state)
{
    (void)state;
    same("null");
    same("true");
    same("[]");
    same("{}");
    same("\"\"");
    same("{\"a\":null,\"b\":[],\"c\":{},\"d\":[[],{},null]}");
    same("[null,1,null]");
    same("[1,2,3.5,-7,0]");
    same("9223372036854775807");
    same("-9223372036854775808");
    same("\"\\u0001\\b\\f\\n\\r\\t\\\"\\\\/\xC3\xA9\xF0\x9F\x98\x80\"");
    same("0.1");
    same("1e+300");
    same("{\"1\":\"a\",\"2\":\"b\"}");
}

static void test_reads(void **state)
{
    (void)state;
    gives(ECHO, " [ 1 , 2 ] ", "[1,2]");
    gives(ECHO, "{\"a\":1,\"a\":2}", "{\"a\":2}");
    gives(ECHO, "9223372036854775808", "9.223372036854776e+18");
    gives(ECHO, "\"\\ud83d\\ude00 \\u00e9\\/\"", "\"\xF0\x9F\x98\x80 \xC3\xA9/\"");
    gives(ECHO, "{\"z\":1,\"a\":{\"y\":1,\"b\":2}}", "{\"a\":{\"b\":2,\"y\":1},\"z\":1}");
    gives("return function(e) return math.type(e.i) .. math.type(e.f) .. tostring(e.n) end",
          "{\"i\":3,\"f\":3.0,\"n\":null}", "\"integerfloatnull\"");
    gives("return function(e) return {e.n == json.null, e.n.x.y == nil, #e.a} end",
          "{\"n\":{\"x\":null},\"a\":[]}", "[false,true,0]");
}

static void test_writes(void **state)
{
    (void)state;
    gives("return function() return {6.0, 1/3, -0.0, 2^53, 12//2} end", "0",
          "[6,0.3333333333333333,0,9007199254740992,6]");
}

/* Neither array nor plain object at each of its levels: written once each all the same. */
static void test_mixed(void **state)
{
    (void)state;
    gives("return function() return {{1, x = 2}, {{}, x = {3, 4}}, {[1] = {5}, [2] = 6, x = {}}} end", "0",
          "[{\"1\":1,\"x\":2},{\"1\":{},\"x\":[3,4]},{\"1\":[5],\"2\":6,\"x\":{}}]");
    gives("return function() local t = {} for i = 1, 200 do t = {t, x = 1} end return #json.encode(t) end",
          "0", "2402");
    gives("return function() local t = {} for i = 1, 80 do t = {t, x = 1} end "
          "return aws.typed{t = t}.t.M.x.N end",
          "0", "\"1\"");
    gives("return function() local up = {name = 'up'} up[1] = {up = up, name = 'down'} log.info(up) end", "0",
          "null");
}

static void test_many(void **state)
{
    (void)state;
    struct buf b;
    for (int n = 0; n < 200; n += 7) {
        buf_init(&b, 100000);
        buf_char(&b, '{');
        for (int i = 0; i < n; i++)
            buf_printf(&b, "%s\"k%03d\":[%d,{\"x\":%d}]", i ? "," : "", i, i, i);
        buf_char(&b, '}');
        same(buf_zstr(&b));
        buf_clear(&b);
        buf_char(&b, '[');
        for (int i = 0; i < n; i++)
            buf_printf(&b, "%s%d", i ? "," : "", i);
        buf_char(&b, ']');
        same(buf_zstr(&b));
        buf_release(&b);
    }
}

static void test_tables(void **state)
{
    (void)state;
    gives("return function() return {a = {}, b = json.array(), c = json.object{'x'}, d = {1, nil, 3}, "
          "e = {[1000] = 1}, f = {1, x = 2}} end",
          "0",
          "{\"a\":{},\"b\":[],\"c\":{\"1\":\"x\"},\"d\":[1,null,3],\"e\":{\"1000\":1},"
          "\"f\":{\"1\":1,\"x\":2}}");
    gives("return function() local t = json.decode('[1]') t[1] = nil return {t, json.encode{json.null}} end",
          "0", "[[],\"[null]\"]");
}

static void test_refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",      "{",           "[1,]",         "{\"a\"}",     "{\"a\":1,}", "01",           "1.",  "-",
        ".5",    "nul",         "[1] 2",        "\"\\x\"",     "\"\\u12\"",  "\"abc",        "'a'", "NaN",
        "1e999", "\"\n\"",      "[1 2]",        "{1:2}",       "\"\xFF\"",   "\"\xC0\x80\"", "tru", "+1",
        "[",     "\"\\ud83d\\", "\"\\ud83d \"", "\"\\ude00\"",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct lua_home h;
        home_open(&h, ECHO);
        const char *payload = home_invoke(&h, bad[i]);
        if (!h.error[0] || !strstr(payload, "Runtime.UnmarshalError"))
            fail_msg("taken: %s -> %s", bad[i], payload);
        home_close(&h);
    }
    fails("return function() return {b = {1, print}} end", "a function at value.b[2]",
          "Runtime.MarshalError");
    fails("return function() return 0/0 end", "NaN", "Runtime.MarshalError");
    fails("return function() return '\\xff' end", "not UTF-8", "Runtime.MarshalError");
    fails("return function() return {[true] = 1} end", "a key that is a boolean", "Runtime.MarshalError");
    fails("return function() local t = {} t.t = t return t end", "within itself", "Runtime.MarshalError");
    fails("return function() return ('x'):rep(6291556) end", "Function.ResponseSizeTooLarge",
          "maximum allowed payload size (6291556 bytes)");
}

static void test_deep(void **state)
{
    (void)state;
    char text[1200];
    memset(text, '[', 250);
    memset(text + 250, ']', 250);
    text[500] = 0;
    same(text);
    memset(text, '[', 600);
    text[600] = 0;
    struct lua_home h;
    home_open(&h, ECHO);
    assert_non_null(strstr(home_invoke(&h, text), "nested too deep"));
    home_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_reads), cmocka_unit_test(test_writes),
        cmocka_unit_test(test_many),       cmocka_unit_test(test_mixed), cmocka_unit_test(test_tables),
        cmocka_unit_test(test_refuses),    cmocka_unit_test(test_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
