/* Token buckets and quotas, at times that the test says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/throttle.h"
#include "base/clock.h"

static int64_t at(const char *iso)
{
    int64_t ms;
    assert_true(clock_parse(str_z(iso), &ms));
    return ms;
}

/* How many of `n` requests pass at this moment. */
static int pass(struct bucket *b, const struct limit *l, int64_t now, int n)
{
    int passed = 0;
    for (int i = 0; i < n; i++)
        passed += rate_take(b, l, now);
    return passed;
}

static void test_bucket(void **state)
{
    (void)state;
    const struct limit l = {.set = true, .rate = 5, .burst = 10};
    struct bucket b = {.at = 0};
    int64_t now = at("2026-11-22T09:30:00Z");
    assert_int_equal(pass(&b, &l, now, 20), 10);
    assert_int_equal(pass(&b, &l, now + 199, 5), 0);
    assert_int_equal(pass(&b, &l, now + 200, 5), 1);
    assert_int_equal(pass(&b, &l, now + 1200, 20), 5);
    assert_int_equal(pass(&b, &l, now + 60000, 20), 10); /* never more than the burst */
    assert_int_equal(pass(&b, &l, now, 5), 0);           /* the clock was set back */
    assert_int_equal(pass(&b, &l, now + 1000, 20), 5);
}

static void test_slow_rate(void **state)
{
    (void)state;
    const struct limit l = {.set = true, .rate = 0.1, .burst = 1};
    struct bucket b = {.at = 0};
    assert_int_equal(pass(&b, &l, 1000000, 3), 1);
    assert_int_equal(pass(&b, &l, 1009999, 3), 0);
    assert_int_equal(pass(&b, &l, 1010000, 3), 1);
}

static int use(const struct quota *q, struct usage *u, const char *iso, int n)
{
    int passed = 0;
    for (int i = 0; i < n; i++)
        if (quota_left(q, u, at(iso))) {
            quota_count(u);
            passed++;
        }
    return passed;
}

static void test_periods(void **state)
{
    (void)state;
    static const struct {
        enum quota_period period;
        const char *first, *same, *next;
    } rows[] = {
        {QUOTA_DAY, "2026-11-22T00:00:00Z", "2026-11-22T23:59:59Z", "2026-11-23T00:00:00Z"},
        {QUOTA_WEEK, "2026-11-22T00:00:00Z", "2026-11-28T23:59:59Z", "2026-11-29T00:00:00Z"}, /* a Sunday */
        {QUOTA_MONTH, "2026-12-01T00:00:00Z", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct quota q = {.period = rows[i].period, .limit = 3};
        struct usage u = {.used = 0};
        assert_int_equal(use(&q, &u, rows[i].first, 2), 2);
        assert_int_equal(use(&q, &u, rows[i].same, 2), 1);
        assert_true(u.dirty);
        assert_int_equal(use(&q, &u, rows[i].next, 5), 3);
    }
}

static void test_offset(void **state)
{
    (void)state;
    const struct quota q = {
        .period = QUOTA_DAY, .limit = 5, .offset = 3, .made_at = at("2026-11-22T12:00:00Z")};
    struct usage u = {.used = 0};
    assert_int_equal(use(&q, &u, "2026-11-22T13:00:00Z", 9), 2);
    assert_int_equal(use(&q, &u, "2026-11-23T13:00:00Z", 9), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bucket),
        cmocka_unit_test(test_slow_rate),
        cmocka_unit_test(test_periods),
        cmocka_unit_test(test_offset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
