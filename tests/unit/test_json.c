/* base/json: what is printed reads back, and the reader takes JSON and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include <stdlib.h>

static void prints(const char *text, const char *expected)
{
    struct buf out;
    cJSON *tree = cJSON_Parse(text);
    buf_init(&out, 10000);
    json_print(&out, tree);
    assert_string_equal(buf_zstr(&out), expected);
    buf_release(&out);
    cJSON_Delete(tree);
}

static void test_print(void **state)
{
    (void)state;
    prints("{ \"a\" : [ 1, -2, 3.5, true, false, null, {}, [] ], \"\\u00e9\": \"x\\ny\\\"\" }",
           "{\"a\":[1,-2,3.5,true,false,null,{},[]],\"\xc3\xa9\":\"x\\ny\\\"\"}");
    prints("9007199254740992", "9007199254740992");
    prints("1732267800.123", "1732267800.123");
    prints("1e300", "1e+300");
    prints("0.1", "0.1");
}

static void test_walk(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    struct json_reader r =
        json_reader(STR(" {\"a\\n\": \"\\ud83d\\ude00\\/\", \"list\":[1, {\"x\":[]}], \"n\":null} "), &a);
    struct str name;
    bool first = true;

    assert_int_equal(json_peek(&r), JSON_OBJECT);
    assert_true(json_member(&r, &first, &name));
    assert_true(str_is(name, "a\n"));
    assert_true(str_is(json_string(&r), "\xf0\x9f\x98\x80/"));
    assert_true(json_member(&r, &first, &name));
    assert_true(str_is(name, "list"));
    assert_true(str_is(json_raw(&r), "[1, {\"x\":[]}]"));
    assert_true(json_member(&r, &first, &name));
    assert_int_equal(json_peek(&r), JSON_NULL);
    assert_true(str_is(json_raw(&r), "null"));
    assert_false(json_member(&r, &first, &name));
    assert_true(json_done(&r));
    arena_release(&a);
}

/* A tree is what cJSON's own parser makes of the text. */
static void test_tree(void **state)
{
    (void)state;
    static const char *const good[] = {
        "{}",
        " [ ] ",
        "{\"a\":[1,-2.5,1e3,0,123456789012345678901234567890,true,false,null],\"b\":{\"c\":"
        "\"d\\n\\u00e9\\\"\"}}",
        "\"a text of some length, so that eight bytes at a time are looked at \\\\ and more\"",
        "[[[[]]],{\"\":\"\"}]",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cJSON *ours = json_tree(str_z(good[i])), *theirs = cJSON_Parse(good[i]);
        assert_non_null(ours);
        assert_true(cJSON_Compare(ours, theirs, true));
        assert_true(json_equal(ours, theirs));
        char *a = cJSON_PrintUnformatted(ours), *b = cJSON_PrintUnformatted(theirs), *c = json_printed(ours);
        assert_string_equal(a, b);
        assert_string_equal(a, c);
        cJSON_free(a);
        cJSON_free(b);
        free(c);
        cJSON_Delete(ours);
        cJSON_Delete(theirs);
    }
    cJSON *twice = json_tree(STR("{\"a\":1,\"a\":2}")), *once = json_tree(STR("{\"a\":1}"));
    assert_true(json_equal(twice, twice) && json_equal(twice, once) && json_equal(once, twice));
    cJSON_Delete(twice);
    cJSON_Delete(once);
    cJSON *minus = json_tree(STR("-0")); /* not every cJSON prints its sign */
    char *printed = json_printed(minus);
    assert_string_equal(printed, "-0");
    free(printed);
    cJSON_Delete(minus);
    static const char *const bad[] = {
        "",    "{",       "[1,]",  "{\"a\":}",    "{\"a\" 1}",          "[1] x",           "\"a",
        "tru", "\"\\x\"", "[\"\\", "\"\\ud83d\"", "\"\\ude00\\ud83d\"", "{\"\xc0\x80\":1}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(json_tree(str_z(bad[i])));
    assert_null(json_tree(STR("[-1e309]"))); /* no double holds it */
    char deep[2001];
    memset(deep, '[', 2000);
    deep[2000] = 0;
    assert_null(json_tree(str_z(deep)));
}

/* Texts and names hold U+0000 through everything that is done with trees, and are found by it. */
static void test_zeros(void **state)
{
    (void)state;
    static const char text[] = "{\"a\\u0000b\":[\"\\u0000\",\"x\\u0000y\"],\"a\":\"x\"}";
    struct arena a;
    arena_init(&a);
    cJSON *tree = json_tree(str_z(text)), *copy = json_copy(tree);
    struct str x = json_text(cJSON_GetArrayItem(tree->child, 1));
    assert_true(str_eq(x, STR("x\0y")));
    assert_true(str_eq(json_name(&a, tree->child), STR("a\0b")));
    assert_true(str_is(json_member_text(tree, "a"), "x"));
    char *printed = json_printed(copy);
    assert_string_equal(printed, text);
    free(printed);
    assert_true(json_equal(tree, copy));

    cJSON *short_one = json_tree(STR("{\"a\":[\"\\u0000\",\"x\"],\"a\\u0000b\":\"x\"}"));
    assert_false(json_equal(cJSON_GetArrayItem(tree->child, 1), short_one->child->child->next));
    assert_false(json_equal(tree, short_one));

    cJSON *made = cJSON_CreateObject();
    json_add_named(made, STR("a\0b"), json_new_text(STR("\0")));
    printed = json_printed(made);
    assert_string_equal(printed, "{\"a\\u0000b\":\"\\u0000\"}");
    free(printed);
    cJSON_Delete(made);
    cJSON_Delete(short_one);
    cJSON_Delete(copy);
    cJSON_Delete(tree);
    arena_release(&a);
}

static enum json_end mistake(const char *text, size_t bytes, size_t nodes, size_t *at)
{
    struct json_report why;
    assert_null(json_tree_within(str_z(text), &(struct json_limits){bytes, nodes}, &why));
    *at = why.at;
    return why.end;
}

/* A mistake is named with its byte, and what is too much is not made. */
static void test_limits(void **state)
{
    (void)state;
    size_t at;
    struct json_report why;
    assert_int_equal(mistake("{\"a\":[1,}", 100, 100, &at), JSON_BROKEN);
    assert_int_equal(at, 8);
    assert_int_equal(mistake("[1] x", 100, 100, &at), JSON_BROKEN);
    assert_int_equal(at, 4);
    assert_int_equal(mistake("[{},{}]", 6, 100, &at), JSON_TOO_MANY_BYTES);
    assert_int_equal(mistake("[{},{}]", 7, 2, &at), JSON_TOO_MANY_NODES);
    assert_int_equal(at, 4);
    cJSON_Delete(json_tree_within(STR("[{},{}]"), &(struct json_limits){7, 3}, &why));
    assert_int_equal(why.end, JSON_FINE);
}

static void test_refused(void **state)
{
    static const char *const bad[] = {
        "",      "{",       "{\"a\"}", "{\"a\":}",  "{\"a\":1,}", "[1,]", "[1 2]",     "\"abc",
        "\"\\",  "\"\\x\"", "01",      "1.",        "1e",         "-",    "tru",       "nul",
        "{a:1}", "\"\n\"",  "[1]]",    "\"\\u12\"", "{} x",       "[}",   "{\"a\":1]", ".5",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena a;
        arena_init(&a);
        struct json_reader r = json_reader(str_z(bad[i]), &a);
        json_raw(&r);
        if (json_done(&r))
            fail_msg("taken: %s", bad[i]);
        arena_release(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_print), cmocka_unit_test(test_walk),   cmocka_unit_test(test_tree),
        cmocka_unit_test(test_zeros), cmocka_unit_test(test_limits), cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
