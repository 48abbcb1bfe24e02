/* base/str, and base/list beside it: views of bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/list.h"
#include "base/str.h"

static void equality(void **state)
{
    (void)state;
    assert_true(str_eq(STR("ab"), STR("ab")));
    assert_false(str_eq(STR("ab"), STR("abc")));
    assert_true(str_eq(STR(""), STR_NONE));
    assert_true(str_ieq(STR("Content-Length"), STR("content-LENGTH")));
    assert_false(str_ieq(STR("a[b"), STR("a{b"))); /* 0x20 apart, but no letters */
}

/* Texts are compared eight bytes at a time: the same rule for each byte and at each place. */
static void letters_alone_have_two_cases(void **state)
{
    (void)state;
    for (int x = 0; x < 256; x++)
        for (int y = 0; y < 256; y++)
            for (size_t n = 3; n <= 18; n += 3) {
                char a[20], b[20];
                size_t at = (size_t)(x + y) % n;
                memset(a, 'q', n);
                memset(b, 'Q', n);
                a[at] = (char)x, b[at] = (char)y;
                bool letter = (x | 0x20) >= 'a' && (x | 0x20) <= 'z';
                bool same = x == y || (letter && (x ^ y) == 0x20);
                if (str_ieq(str_n(a, n), str_n(b, n)) != same)
                    fail_msg("%02x and %02x at %zu of %zu", (unsigned)x, (unsigned)y, at, n);
            }
}

static void order(void **state)
{
    (void)state;
    assert_true(str_cmp(STR("a"), STR("b")) < 0);
    assert_true(str_cmp(STR("a"), STR("ab")) < 0);
    assert_true(str_cmp(STR("\xff"), STR("a")) > 0);
    assert_int_equal(str_cmp(STR(""), STR_NONE), 0);
}

static void ends_and_places(void **state)
{
    (void)state;
    assert_true(str_starts(STR("abc"), STR("ab")));
    assert_true(str_starts(STR("abc"), STR("")));
    assert_false(str_starts(STR("a"), STR("ab")));
    assert_true(str_ends(STR("abc"), STR("bc")));
    assert_false(str_ends(STR("c"), STR("bc")));
    assert_int_equal(str_find(STR("a,b"), ','), 1);
    assert_int_equal(str_find(STR_NONE, ','), -1);
    assert_int_equal(str_search(STR("abcabd"), STR("abd")), 3);
    assert_int_equal(str_search(STR("abc"), STR("")), 0);
    assert_int_equal(str_search(STR_NONE, STR("x")), -1);
}

static void parts(void **state)
{
    (void)state;
    assert_true(str_is(str_sub(STR("abcdef"), 2, 3), "cde"));
    assert_true(str_is(str_sub(STR("abc"), 2, SIZE_MAX), "c"));
    assert_int_equal(str_sub(STR("abc"), 9, 1).n, 0);
    assert_null(str_sub(STR_NONE, 1, 1).p);
    assert_true(str_is(str_trim(STR(" \t a b\r\n")), "a b"));
    assert_int_equal(str_trim(STR(" \n ")).n, 0);
}

static void cutting(void **state)
{
    (void)state;
    static const char *const expected[] = {"a", "", "b", ""};
    struct str rest = STR("a,,b,");
    size_t i = 0;
    while (rest.p) {
        assert_true(i < 4);
        assert_true(str_is(str_cut(&rest, ','), expected[i++]));
    }
    assert_int_equal(i, 4);
}

static void integers(void **state)
{
    (void)state;
    int64_t v;
    assert_true(str_to_i64(STR("0"), &v) && v == 0);
    assert_true(str_to_i64(STR("+12"), &v) && v == 12);
    assert_true(str_to_i64(STR("-9223372036854775808"), &v) && v == INT64_MIN);
    assert_true(str_to_i64(STR("9223372036854775807"), &v) && v == INT64_MAX);
    static const char *const bad[] = {"", "-", "+", "1 ", " 1", "1a", "0x1", "9223372036854775808", "1.0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(str_to_i64(str_z(bad[i]), &v));
}

static void decimals(void **state)
{
    (void)state;
    static const char *const good[] = {"0", "-12", "+1", "99.12", "5.", ".5", "1e5", "-1.5E-300", "007"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!str_is_decimal(str_z(good[i])))
            fail_msg("%s is a number", good[i]);
    static const char *const bad[] = {"",    "-",   ".",   "e5",  "1e",    "1e+", "1 ",   " 1",
                                      "\n1", "0x1", "nan", "inf", "1.2.3", "--1", "1e5.0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (str_is_decimal(str_z(bad[i])))
            fail_msg("%s is no number", bad[i]);
}

static void numbers_in_decimal(void **state)
{
    (void)state;
    char room[20];
    assert_true(str_eq(str_u64(0, room), STR("0")));
    assert_true(str_eq(str_u64(1234567890, room), STR("1234567890")));
    assert_true(str_eq(str_u64(UINT64_MAX, room), STR("18446744073709551615")));
}

static void copying(void **state)
{
    (void)state;
    char out[4];
    assert_string_equal(str_copy(STR("abcdef"), out, sizeof out), "abc");
    assert_string_equal(str_copy(STR("ab"), out, sizeof out), "ab");
    assert_string_equal(str_copy(STR_NONE, out, sizeof out), "");
}

struct thing {
    char name;
    struct list link;
};

static void rings(void **state)
{
    (void)state;
    struct thing a = {.name = 'a'}, b = {.name = 'b'}, c = {.name = 'c'};
    struct list head, other, *at, *tmp;
    list_init(&head);
    list_init(&other);
    assert_null(list_shift(&head));
    list_push(&head, &b.link);
    list_unshift(&head, &a.link);
    list_push(&other, &c.link);
    list_join(&head, &other);
    assert_true(list_empty(&other));
    char seen[4] = "", *to = seen;
    list_each_safe (at, tmp, &head) {
        *to++ = list_of(at, struct thing, link)->name;
        list_del(at);
        list_del(at);
    }
    assert_string_equal(seen, "abc");
    assert_true(list_empty(&head));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equality),
        cmocka_unit_test(letters_alone_have_two_cases),
        cmocka_unit_test(order),
        cmocka_unit_test(ends_and_places),
        cmocka_unit_test(parts),
        cmocka_unit_test(cutting),
        cmocka_unit_test(integers),
        cmocka_unit_test(decimals),
        cmocka_unit_test(numbers_in_decimal),
        cmocka_unit_test(copying),
        cmocka_unit_test(rings),
    };
    return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
