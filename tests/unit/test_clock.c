/* base/clock: the world's time, its text forms, and the calendar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

#define T_2026 INT64_C(1795339800123) /* 2026-11-22T09:30:00.123Z, a Sunday */

static void text_forms(void **state)
{
    (void)state;
    char out[30];
    clock_iso(T_2026, out);
    assert_string_equal(out, "2026-11-22T09:30:00.123Z");
    clock_iso_s(T_2026, out);
    assert_string_equal(out, "2026-11-22T09:30:00Z");
    clock_http(T_2026, out);
    assert_string_equal(out, "Sun, 22 Nov 2026 09:30:00 GMT");
    clock_iso(-1, out);
    assert_string_equal(out, "1969-12-31T23:59:59.999Z");
    clock_iso(INT64_C(253402300800000), out); /* the year 10000 */
    assert_string_equal(out, "9999-01-01T00:00:00.000Z");
    clock_http(INT64_C(253402300800000), out);
    assert_string_equal(out, "Sat, 01 Jan 9999 00:00:00 GMT");
}

static void parses(const char *text, int64_t expected)
{
    int64_t ms;
    if (!clock_parse(str_z(text), &ms))
        fail_msg("refused: %s", text);
    assert_int_equal(ms, expected);
}

static void parsing(void **state)
{
    (void)state;
    int64_t day = T_2026 - 123 - (9 * 60 + 30) * 60000, ms;
    parses("2026-11-22", day);
    parses("2026-11-22T09:30", T_2026 - 123);
    parses("2026-11-22T09:30Z", T_2026 - 123);
    parses("2026-11-22T09:30:00.123Z", T_2026);
    parses("2026-11-22T09:30:00.1239999Z", T_2026);
    parses("1795339800", T_2026 - 123);
    parses("1795339800.123", T_2026);
    parses("0", 0);
    static const char *const bad[] = {"",
                                      "x",
                                      "2026-13-01",
                                      "2026-02-29",
                                      "2026-11-22T24:00",
                                      "2026-11-22Tx",
                                      "2026-11-22T09:30:00.",
                                      "-5",
                                      "2026-1-2",
                                      "1.x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (clock_parse(str_z(bad[i]), &ms))
            fail_msg("accepted: %s", bad[i]);
}

static void spans(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"250ms", 250},      {"30s", 30000},    {"15m", 900000},    {"2h", 7200000},
                {"14d", 1209600000}, {"1w", 604800000}, {"1h30m", 5400000}, {"0s", 0}};
    int64_t ms;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(clock_parse_span(str_z(good[i].text), &ms));
        assert_int_equal(ms, good[i].ms);
    }
    static const char *const bad[] = {"", "5", "m", "5 m", "-5m", "5x", "5m3", "99999999999999999w"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(clock_parse_span(str_z(bad[i]), &ms));
}

static void calendar(void **state)
{
    (void)state;
    struct civil c = clock_civil(T_2026);
    assert_int_equal(c.year, 2026);
    assert_int_equal(c.month, 11);
    assert_int_equal(c.day, 22);
    assert_int_equal(c.weekday, 1);
    assert_int_equal(c.yearday, 326);
    c = clock_civil(INT64_C(951782400000)); /* 2000-02-29, a Tuesday */
    assert_int_equal(c.month * 100 + c.day, 229);
    assert_int_equal(c.weekday, 3);
    for (int64_t day = -200000; day < 200000; day += 17) { /* 1422 to 2517, there and back */
        c = clock_civil(day * 86400000 + 1000);
        assert_int_equal(clock_from_civil(&c), day * 86400000 + 1000);
    }
    struct civil over = {.year = 2026, .month = 14, .day = 31, .hour = 25};
    char out[CLOCK_ISO_SIZE];
    clock_iso_s(clock_from_civil(&over), out);
    assert_string_equal(out, "2027-03-04T01:00:00Z");
}

static void frozen(void **state)
{
    (void)state;
    struct clock c;
    clock_init(&c);
    clock_freeze(&c);
    clock_set(&c, T_2026 * 1000);
    assert_int_equal(clock_now(&c), T_2026);
    assert_int_equal(clock_real_ms_until(&c, T_2026), 0);
    assert_int_equal(clock_real_ms_until(&c, T_2026 + 1), -1);
    clock_resume(&c);
    assert_true(clock_now(&c) >= T_2026 && clock_now(&c) < T_2026 + 60000);
}

/* Whenever it is asked: half a second later a clock of speed 3600 shows half an hour more. */
static void jumps(void **state)
{
    (void)state;
    struct clock before = {.speed = 3600, .world_us = T_2026 * 1000, .real_us = clock_mono_us() - 500000};
    struct clock after = {
        .frozen = true, .speed = 3600, .world_us = before.world_us, .real_us = before.real_us};
    assert_int_equal(clock_jump_us(&before, &after), 0);
    after.real_us += 1000, after.world_us += 3600000;
    assert_int_equal(clock_jump_us(&before, &after), 0);
    after.world_us = 0;
    assert_int_equal(clock_jump_us(&before, &after), -T_2026 * 1000 - 3600000);
    before.frozen = true;
    assert_int_equal(clock_jump_us(&before, &after), -T_2026 * 1000);
}

static void scaled(void **state)
{
    (void)state;
    struct clock c;
    clock_init(&c);
    clock_set(&c, 0);
    clock_speed(&c, 3600);
    int64_t wait = clock_real_ms_until(&c, 3600 * 1000);
    assert_true(wait > 0 && wait <= 1000);
    c.real_us -= 500000; /* half a real second ago */
    int64_t now = clock_now(&c);
    assert_true(now >= 1800 * 1000 && now < 3600 * 1000);
    /* A change of speed does not jump. */
    clock_speed(&c, 1);
    assert_true(clock_now(&c) >= now && clock_now(&c) < 3600 * 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_forms), cmocka_unit_test(parsing), cmocka_unit_test(spans),
        cmocka_unit_test(calendar),   cmocka_unit_test(frozen),  cmocka_unit_test(jumps),
        cmocka_unit_test(scaled),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
