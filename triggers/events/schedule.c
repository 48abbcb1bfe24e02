#include "schedule.h"
#include "base/clock.h"
#include <ctype.h>

#define YEAR_FIRST SCHEDULE_YEAR_FIRST
#define YEAR_LAST SCHEDULE_YEAR_LAST
#define DAY_MS (24 * 3600 * 1000LL)
#define RATE_MOST_MS (YEAR_LAST * 366 * DAY_MS) /* longer than the clock goes */

/* --- reading */

static bool parse_rate(struct str in, struct schedule *s)
{
    static const struct {
        const char *one, *many;
        int64_t ms;
    } units[] = {
        {"minute", "minutes", 60000},
        {"hour", "hours", 3600000},
        {"day", "days", DAY_MS},
    };
    struct str rest = str_trim(in);
    int64_t n;
    if (!str_to_i64(str_cut(&rest, ' '), &n) || n < 1 || !rest.p)
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
        if (str_is(str_trim(rest), n == 1 ? units[i].one : units[i].many)) {
            s->rate_ms = n <= RATE_MOST_MS / units[i].ms ? n * units[i].ms : 0;
            return s->rate_ms > 0;
        }
    return false;
}

struct field {
    int min, max;
    const char *names; /* three letters each, for min and up */
};

static const struct field minute_field = {0, 59, NULL}, hour_field = {0, 23, NULL}, day_field = {1, 31, NULL},
                          month_field = {1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"},
                          weekday_field = {1, 7, "SUNMONTUEWEDTHUFRISAT"},
                          year_field = {YEAR_FIRST, YEAR_LAST, NULL};

static bool parse_value(const struct field *f, struct str s, int *out)
{
    int64_t n;
    if (f->names && s.n == 3) {
        for (int i = 0; f->names[i * 3]; i++)
            if (str_ieq(s, str_n(f->names + i * 3, 3))) {
                *out = f->min + i;
                return true;
            }
    }
    if (!str_to_i64(s, &n) || n < f->min || n > f->max)
        return false;
    *out = (int)n;
    return true;
}

/* One of "*", "5", "1-5", "0/15", "1-30/2"; sets bits from f->min on through `set`. */
static bool parse_part(const struct field *f, struct str part, void (*set)(struct schedule *, int),
                       struct schedule *s)
{
    struct str step_text = part, range = str_cut(&step_text, '/');
    int64_t step = 1;
    if (step_text.p && (!str_to_i64(step_text, &step) || step < 1 || step > f->max))
        return false;
    int from = f->min, to = f->max;
    if (!str_is(range, "*")) {
        struct str high = range, low = str_cut(&high, '-');
        if (!parse_value(f, low, &from))
            return false;
        to = step_text.p ? f->max : from;
        if (high.p && !parse_value(f, high, &to))
            return false;
    }
    if (from > to)
        return false;
    for (int i = from; i <= to; i += (int)step)
        set(s, i);
    return true;
}

static bool parse_list(const struct field *f, struct str text, void (*set)(struct schedule *, int),
                       struct schedule *s)
{
    if (!text.n)
        return false;
    while (text.p)
        if (!parse_part(f, str_cut(&text, ','), set, s))
            return false;
    return true;
}

static void set_minute(struct schedule *s, int i)
{
    s->minutes |= 1ULL << i;
}
static void set_hour(struct schedule *s, int i)
{
    s->hours |= 1ULL << i;
}
static void set_day(struct schedule *s, int i)
{
    s->days |= 1ULL << i;
}
static void set_month(struct schedule *s, int i)
{
    s->months |= 1ULL << i;
}
static void set_weekday(struct schedule *s, int i)
{
    s->weekdays |= 1ULL << i;
}
static void set_year(struct schedule *s, int i)
{
    s->years[(i - YEAR_FIRST) / 8] |= (uint8_t)(1u << ((i - YEAR_FIRST) % 8));
}

static bool parse_day(struct str text, struct schedule *s)
{
    int64_t n;
    if (str_is(text, "?") || str_is(text, "*"))
        return s->any_day = true;
    if (str_is(text, "L")) {
        s->last_day = 1;
        return true;
    }
    if (str_starts(text, STR("L-")) && str_to_i64(str_sub(text, 2, text.n), &n) && n > 0 && n < 31) {
        s->last_day = 1 + (int)n;
        return true;
    }
    if (str_ends(text, STR("W")) && str_to_i64(str_sub(text, 0, text.n - 1), &n) && n >= 1 && n <= 31) {
        s->nearest_weekday = (int)n;
        return true;
    }
    return parse_list(&day_field, text, set_day, s);
}

static bool parse_weekday(struct str text, struct schedule *s)
{
    struct str nth = text, day = str_cut(&nth, '#');
    int64_t n;
    if (str_is(text, "?") || str_is(text, "*"))
        return s->any_weekday = true;
    if (nth.p) {
        s->nth = str_to_i64(nth, &n) && n >= 1 && n <= 5 ? (int)n : 0;
        return s->nth && parse_value(&weekday_field, day, &s->nth_weekday);
    }
    if (str_is(text, "L")) {
        set_weekday(s, 7);
        return true;
    }
    if (text.n > 1 && str_ends(text, STR("L"))) {
        s->nth = -1;
        return parse_value(&weekday_field, str_sub(text, 0, text.n - 1), &s->nth_weekday);
    }
    return parse_list(&weekday_field, text, set_weekday, s);
}

static bool parse_cron(struct str in, struct schedule *s)
{
    struct str fields[6], rest = str_trim(in);
    int n = 0;
    while (rest.p && n < 6) {
        fields[n] = str_cut(&rest, ' ');
        if (fields[n].n)
            n++;
    }
    if (n != 6 || rest.p)
        return false;
    /* one of the two days must be left open */
    if (str_is(fields[2], "?") == str_is(fields[4], "?"))
        return false;
    return parse_list(&minute_field, fields[0], set_minute, s) &&
           parse_list(&hour_field, fields[1], set_hour, s) && parse_day(fields[2], s) &&
           parse_list(&month_field, fields[3], set_month, s) && parse_weekday(fields[4], s) &&
           parse_list(&year_field, fields[5], set_year, s);
}

bool schedule_parse(struct str text, struct schedule *out)
{
    memset(out, 0, sizeof(*out));
    text = str_trim(text);
    if (!str_ends(text, STR(")")))
        return false;
    if (str_starts(text, STR("rate(")))
        return parse_rate(str_sub(text, 5, text.n - 6), out);
    if (str_starts(text, STR("cron(")))
        return parse_cron(str_sub(text, 5, text.n - 6), out);
    return false;
}

/* --- the next time */

static int days_in_month(int year, int month)
{
    struct civil c = {.year = year, .month = month + 1, .day = 0, .hour = 12};
    return clock_civil(clock_from_civil(&c)).day;
}

static int weekday_of(int year, int month, int day)
{
    struct civil c = {.year = year, .month = month, .day = day, .hour = 12};
    return clock_civil(clock_from_civil(&c)).weekday;
}

/* The weekday (Monday to Friday) that is nearest to the day, in the same month. */
static int nearest(int year, int month, int day)
{
    int last = days_in_month(year, month);
    day = day > last ? last : day;
    int weekday = weekday_of(year, month, day);
    if (weekday == 7)
        return day > 1 ? day - 1 : day + 2;
    if (weekday == 1)
        return day < last ? day + 1 : day - 2;
    return day;
}

static bool day_fits(const struct schedule *s, const struct civil *c)
{
    int last = days_in_month(c->year, c->month);
    if (s->last_day && c->day != last - (s->last_day - 1))
        return false;
    if (s->nearest_weekday && c->day != nearest(c->year, c->month, s->nearest_weekday))
        return false;
    if (s->days && !(s->days >> c->day & 1))
        return false;
    if (s->weekdays && !(s->weekdays >> c->weekday & 1))
        return false;
    if (s->nth && c->weekday != s->nth_weekday)
        return false;
    if (s->nth > 0 && (c->day - 1) / 7 + 1 != s->nth)
        return false;
    return s->nth != -1 || c->day + 7 > last;
}

static bool year_fits(const struct schedule *s, int year)
{
    return year >= YEAR_FIRST && year <= YEAR_LAST &&
           (s->years[(year - YEAR_FIRST) / 8] >> ((year - YEAR_FIRST) % 8) & 1);
}

/* From the next whole minute on, leaping over months, days and hours that do not fit. */
static int64_t next_cron(const struct schedule *s, int64_t after)
{
    int64_t at = (after / 60000 + 1) * 60000;
    for (;;) {
        struct civil c = clock_civil(at);
        struct civil leap = {
            .year = c.year, .month = c.month, .day = c.day, .hour = c.hour, .minute = c.minute};
        if (c.year > YEAR_LAST)
            return INT64_MAX;
        if (!year_fits(s, c.year))
            leap = (struct civil){.year = c.year + 1, .month = 1, .day = 1};
        else if (!(s->months >> c.month & 1))
            leap = (struct civil){.year = c.year, .month = c.month + 1, .day = 1};
        else if (!day_fits(s, &c))
            leap = (struct civil){.year = c.year, .month = c.month, .day = c.day + 1};
        else if (!(s->hours >> c.hour & 1))
            leap = (struct civil){.year = c.year, .month = c.month, .day = c.day, .hour = c.hour + 1};
        else if (!(s->minutes >> c.minute & 1))
            leap.minute++;
        else
            return at;
        at = clock_from_civil(&leap);
    }
}

int64_t schedule_next(const struct schedule *s, int64_t begin, int64_t after)
{
    if (!s->rate_ms)
        return next_cron(s, after);
    int64_t passed = after - begin, times = passed / s->rate_ms - (passed % s->rate_ms < 0);
    return begin + (times + 1) * s->rate_ms;
}
