/* rate() and cron(): what is valid, and when the next time is. */
#include "base/clock.h"
#include "events/schedule.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_valid_and_invalid(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool valid;
    } rows[] = {
        {"rate(1 minute)", true},
        {"rate(5 minutes)", true},
        {"rate(1 minutes)", false},
        {"rate(2 hour)", false},
        {"rate(0 minutes)", false},
        {"rate(1 day)", true},
        {"cron(0 12 * * ? *)", true},
        {"cron(0 12 * * * *)", false},
        {"cron(0 12 ? * ? *)", false},
        {"cron(0/15 * * * ? *)", true},
        {"cron(0 10 ? * MON-FRI *)", true},
        {"cron(0 0 L * ? *)", true},
        {"cron(0 0 ? * 6L *)", true},
        {"cron(0 0 ? * 2#3 2027)", true},
        {"cron(60 * * * ? *)", false},
        {"cron(* * * * ?)", false},
        {"at(2030-01-01T00:00:00)", false},
        {"", false},
        {"cron(0 0 1 1 ? 2199)", true},
        {"cron(0 0 1 1 ? 2200)", false},
        {"cron(0 0 ? * 0 *)", false},
        {"cron(0/59 * * * ? *)", true},
        {"cron(0/60 * * * ? *)", false},
        {"cron(0/4294967296 * * * ? *)", false},
        {"rate(9223372036854775807 minutes)", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct schedule s;
        bool valid = schedule_parse(str_z(rows[i].text), &s);
        if (valid != rows[i].valid)
            fail_msg("%s: %s", rows[i].text, valid ? "should be refused" : "should be valid");
    }
}

static void test_next_time(void **state)
{
    (void)state;
    static const struct {
        const char *text, *after, *next;
    } rows[] = {
        {"rate(5 minutes)", "2026-01-01T00:07:00Z", "2026-01-01T00:10:00Z"}, /* counted from 00:00 */
        {"rate(5 minutes)", "2025-12-31T23:52:00Z", "2025-12-31T23:55:00Z"}, /* the clock was set back */
        {"rate(5 minutes)", "2025-12-31T23:55:00Z", "2026-01-01T00:00:00Z"},
        {"cron(0 12 * * ? *)", "2026-11-22T12:00:00Z", "2026-11-23T12:00:00Z"},
        {"cron(0/15 * * * ? *)", "2026-11-22T12:00:01Z", "2026-11-22T12:15:00Z"},
        {"cron(30 9 ? * MON-FRI *)", "2026-11-20T09:30:00Z", "2026-11-23T09:30:00Z"}, /* Friday to Monday */
        {"cron(0 0 L * ? *)", "2028-02-01T00:00:00Z", "2028-02-29T00:00:00Z"},
        {"cron(0 0 ? * 6L *)", "2026-11-01T00:00:00Z", "2026-11-27T00:00:00Z"},  /* the last Friday */
        {"cron(0 0 ? * 2#3 *)", "2026-11-01T00:00:00Z", "2026-11-16T00:00:00Z"}, /* the third Monday */
        {"cron(0 0 15W * ? *)", "2026-11-01T00:00:00Z", "2026-11-16T00:00:00Z"}, /* the 15th is a Sunday */
        {"cron(0 0 1 1 ? 2199)", "2026-11-01T00:00:00Z", "2199-01-01T00:00:00Z"},
        {"cron(0 0 1W * ? *)", "2026-08-01T00:00:00Z", "2026-08-03T00:00:00Z"}, /* a Saturday: not in July */
        {"cron(0 0 ? * MON#1 *)", "2026-11-02T00:00:00Z", "2026-12-07T00:00:00Z"},
        {"cron(0 0 ? * L *)", "2026-11-01T00:00:00Z", "2026-11-07T00:00:00Z"}, /* Saturday */
        {"cron(0 0 ? JAN,MAR MON-WED,FRI *)", "2026-01-30T00:00:00Z", "2026-03-02T00:00:00Z"},
        {"cron(0 0 1 1 ? 2030)", "2026-11-01T00:00:00Z", "2030-01-01T00:00:00Z"},
        {"cron(0 0 31 2 ? *)", "2026-11-01T00:00:00Z", NULL},
        {"cron(0 0 1 1 ? 2020)", "2026-11-01T00:00:00Z", NULL},
    };
    int64_t begin, after, next;
    assert_true(clock_parse(STR("2026-01-01T00:00:00Z"), &begin));
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct schedule s;
        assert_true(schedule_parse(str_z(rows[i].text), &s));
        assert_true(clock_parse(str_z(rows[i].after), &after));
        next = INT64_MAX;
        if (rows[i].next)
            assert_true(clock_parse(str_z(rows[i].next), &next));
        int64_t got = schedule_next(&s, begin, after);
        char iso[CLOCK_ISO_SIZE] = "never";
        if (got != INT64_MAX)
            clock_iso_s(got, iso);
        if (got != next)
            fail_msg("%s after %s: %s", rows[i].text, rows[i].after, iso);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_valid_and_invalid),
                                       cmocka_unit_test(test_next_time)};
    return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
