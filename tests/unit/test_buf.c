/* base/buf and base/arena: memory that grows under a ceiling, and memory that goes at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"

static void grows(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100000);
    assert_int_equal(buf_view(&b).n, 0);
    assert_string_equal(buf_zstr(&b), "");
    for (int i = 0; i < 10000; i++)
        buf_printf(&b, "%04d,", i);
    assert_int_equal(b.n, 50000);
    assert_false(b.full);
    assert_memory_equal(b.p + 49995, "9999,", 5);
    buf_drop(&b, 49995);
    assert_string_equal(buf_zstr(&b), "9999,");
    buf_drop(&b, 99);
    assert_string_equal(buf_zstr(&b), "");
    buf_release(&b);
}

static void has_a_ceiling(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 8);
    buf_z(&b, "12345678");
    assert_false(b.full);
    assert_string_equal(buf_zstr(&b), "12345678");
    buf_char(&b, '9');
    assert_true(b.full);
    buf_clear(&b);
    buf_z(&b, "123456");
    buf_z(&b, "789"); /* dropped whole */
    buf_z(&b, "0");   /* and nothing after it */
    assert_string_equal(buf_zstr(&b), "123456");
    buf_clear(&b);
    buf_z(&b, "ab");
    buf_json(&b, STR("x\ny\nz"));
    assert_true(b.full);
    assert_string_equal(buf_zstr(&b), "ab");
    buf_clear(&b);
    assert_null(buf_room(&b, SIZE_MAX));
    buf_release(&b);
}

static void whole_numbers(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    buf_i64(&b, INT64_MIN);
    buf_i64(&b, -1);
    buf_i64(&b, 0);
    buf_i64(&b, INT64_MAX);
    assert_string_equal(buf_zstr(&b), "-9223372036854775808-109223372036854775807");
    buf_release(&b);
}

static void long_printf(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10000);
    buf_printf(&b, "%0900d", 7);
    assert_int_equal(b.n, 900);
    assert_int_equal(b.p[899], '7');
    buf_release(&b);
}

static void json_is(struct str s, const char *expected)
{
    struct buf b;
    buf_init(&b, 1000);
    buf_json(&b, s);
    assert_string_equal(buf_zstr(&b), expected);
    buf_release(&b);
}

static void json_strings(void **state)
{
    (void)state;
    json_is(STR(""), "\"\"");
    json_is(STR_NONE, "\"\"");
    json_is(STR("plain and longer than eight"), "\"plain and longer than eight\"");
    json_is(STR("say \"hi\" \\ bye"), "\"say \\\"hi\\\" \\\\ bye\"");
    json_is(STR("a\b\f\n\r\tz"), "\"a\\b\\f\\n\\r\\tz\"");
    json_is(str_n("\0\x1f\x7f", 3), "\"\\u0000\\u001f\x7f\"");
    json_is(STR("12345678\xc3\xbc\xff!"), "\"12345678\xc3\xbc\xff!\"");
}

/* Every byte at every place of a word, so that the eight-byte test is tried in full. */
static void json_every_byte_everywhere(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        for (int at = 0; at < 9; at++) {
            char in[9];
            struct buf b;
            memset(in, 'a', sizeof in);
            in[at] = (char)c;
            buf_init(&b, 100);
            buf_json(&b, str_n(in, sizeof in));
            bool special = c < 0x20 || c == '"' || c == '\\';
            assert_int_equal(b.n > 11, special);
            buf_release(&b);
        }
    }
}

static void xml_text(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    buf_xml(&b, STR("<a b=\"c\">&\n\r\x01"));
    assert_string_equal(buf_zstr(&b), "&lt;a b=&quot;c&quot;&gt;&amp;\n&#xd;\xef\xbf\xbd");
    buf_release(&b);
}

static void arenas(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    char *pieces[200];
    for (int i = 0; i < 200; i++) {
        size_t n = (size_t)(i * i);
        pieces[i] = arena_alloc(&a, n);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        memset(pieces[i], i, n);
    }
    for (int i = 1; i < 200; i++) /* nobody was given bytes of another */
        for (int j = 0; j < i * i; j++)
            assert_int_equal((unsigned char)pieces[i][j], i);
    arena_clear(&a);
    char *zeros = arena_zalloc(&a, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(zeros[i], 0);
    assert_true(str_is(arena_printf(&a, "%s-%d", "x", 7), "x-7"));
    assert_int_equal(arena_printf(&a, "%0500d", 7).n, 500);
    assert_string_equal(arena_z(&a, STR("abc")), "abc");
    assert_null(arena_str(&a, STR_NONE).p);
    assert_non_null(arena_str(&a, STR("")).p);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows),
        cmocka_unit_test(has_a_ceiling),
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(long_printf),
        cmocka_unit_test(json_strings),
        cmocka_unit_test(xml_text),
        cmocka_unit_test(json_every_byte_everywhere),
        cmocka_unit_test(arenas),
    };
    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
