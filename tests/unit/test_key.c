/* store/key: tuples sort like their parts, and read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/key.h"
#include <stdlib.h>

static void texts_sort(void **state)
{
    (void)state;
    static const struct str texts[] = {STR_INIT(""),     STR_INIT("\0"),     STR_INIT("\0\0"),
                                       STR_INIT("\0\1"), STR_INIT("\0\xff"), STR_INIT("\1"),
                                       STR_INIT("a"),    STR_INIT("a\0"),    STR_INIT("a\0b"),
                                       STR_INIT("a\1"),  STR_INIT("ab"),     STR_INIT("\xff")};
    /* Whatever follows a text must not disturb the order, so the larger number stands at the smaller text. */
    for (size_t i = 0; i + 1 < sizeof texts / sizeof *texts; i++) {
        struct key a, b;
        key_init(&a, "t");
        key_str(&a, texts[i]);
        key_u64(&a, UINT64_MAX);
        key_init(&b, "t");
        key_str(&b, texts[i + 1]);
        key_u64(&b, 0);
        assert_true(str_cmp(key_view(&a), key_view(&b)) < 0);
        key_release(&a);
        key_release(&b);
    }
}

static void integers_sort(void **state)
{
    (void)state;
    static const int64_t numbers[] = {INT64_MIN, -256, -1, 0, 1, 255, 256, INT64_MAX};
    for (size_t i = 0; i + 1 < sizeof numbers / sizeof *numbers; i++) {
        struct key a, b;
        key_init(&a, "t");
        key_i64(&a, numbers[i]);
        key_init(&b, "t");
        key_i64(&b, numbers[i + 1]);
        assert_true(str_cmp(key_view(&a), key_view(&b)) < 0);
    }
}

static void reads_back(void **state)
{
    (void)state;
    struct key k;
    struct key_reader r;
    struct buf b;
    int64_t i;
    uint64_t u;
    buf_init(&b, 1000);
    key_init(&k, "sqs.message");
    key_str(&k, STR("with\0a zero\0\0"));
    key_i64(&k, -5);
    key_z(&k, "");
    key_u64(&k, UINT64_MAX);
    assert_false(key_read(&r, key_view(&k), "sqs.messages"));
    assert_false(key_read(&r, key_view(&k), "sqs"));
    assert_true(key_read(&r, key_view(&k), "sqs.message"));
    assert_true(key_read_str(&r, &b));
    assert_true(str_eq(buf_view(&b), STR("with\0a zero\0\0")));
    assert_true(key_read_i64(&r, &i));
    assert_int_equal(i, -5);
    buf_clear(&b);
    assert_true(key_read_str(&r, &b));
    assert_int_equal(b.n, 0);
    assert_true(key_read_u64(&r, &u));
    assert_true(u == UINT64_MAX);
    assert_false(key_read_str(&r, &b));
    assert_false(key_read_u64(&r, &u));
    buf_release(&b);
}

static void long_keys(void **state)
{
    (void)state;
    char text[2048];
    struct key k;
    struct key_reader r;
    struct buf b;
    buf_init(&b, 4096);
    memset(text, 'x', sizeof text);
    key_init(&k, "t");
    key_i64(&k, 1);
    size_t n = key_view(&k).n;
    for (int round = 0; round < 2; round++) {
        key_cut(&k, n);
        key_str(&k, str_n(text, sizeof text));
        key_i64(&k, 2);
        int64_t v;
        buf_clear(&b);
        assert_true(key_read(&r, key_view(&k), "t"));
        assert_true(key_read_i64(&r, &v) && v == 1);
        assert_true(key_read_str(&r, &b));
        assert_true(str_eq(buf_view(&b), str_n(text, sizeof text)));
        assert_true(key_read_i64(&r, &v) && v == 2);
    }
    key_release(&k);
    buf_release(&b);
}

static void after_is(struct str prefix, struct str expected)
{
    struct key end;
    key_after(&end, prefix);
    assert_true(str_eq(key_view(&end), expected));
    key_release(&end);
}

static void the_end_of_a_prefix(void **state)
{
    (void)state;
    after_is(STR("ab"), STR("ac"));
    after_is(STR("a\xff\xff"), STR("b"));
    after_is(STR("\xff"), STR(""));
    after_is(STR(""), STR(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_sort), cmocka_unit_test(integers_sort),       cmocka_unit_test(reads_back),
        cmocka_unit_test(long_keys),  cmocka_unit_test(the_end_of_a_prefix),
    };
    return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
