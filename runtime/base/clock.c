#include "base/clock.h"

#include "base/rc.h"
#include <math.h>
#include <time.h>

enum { MS_PER_S = 1000, S_PER_DAY = 86400 };
#define MS_PER_DAY ((int64_t)S_PER_DAY * MS_PER_S)

static int64_t read_us(clockid_t which)
{
    struct timespec t;
    if (clock_gettime(which, &t))
        BUG("the system has no clock");
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_mono_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t clock_processor_us(pid_t pid)
{
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
        return -1;
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void clock_init(struct clock *c)
{
    *c = (struct clock){.speed = 1, .world_us = read_us(CLOCK_REALTIME), .real_us = clock_mono_us()};
}

static int64_t running_at(const struct clock *c, int64_t real_us)
{
    int64_t passed = real_us - c->real_us;
    return c->world_us + (c->speed == 1 ? passed : (int64_t)((double)passed * c->speed));
}

int64_t clock_now_us(const struct clock *c)
{
    return c->frozen ? c->world_us : running_at(c, clock_mono_us());
}

int64_t clock_jump_us(const struct clock *before, const struct clock *after)
{
    return after->world_us - (before->frozen ? before->world_us : running_at(before, after->real_us));
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t clock_now(const struct clock *c)
{
    return floor_div(clock_now_us(c), 1000);
}

/* Makes this moment the point from which the clock counts. */
static void anchor(struct clock *c, int64_t world_us)
{
    c->world_us = world_us;
    c->real_us = clock_mono_us();
}

void clock_freeze(struct clock *c)
{
    anchor(c, clock_now_us(c));
    c->frozen = true;
}

void clock_resume(struct clock *c)
{
    anchor(c, clock_now_us(c));
    c->frozen = false;
}

void clock_speed(struct clock *c, double speed)
{
    if (!(speed > 0))
        BUG("a clock of speed %g", speed);
    anchor(c, clock_now_us(c));
    c->speed = speed;
}

void clock_set(struct clock *c, int64_t world_us)
{
    anchor(c, world_us);
}

int64_t clock_real_ms_until(const struct clock *c, int64_t due_ms)
{
    int64_t now_us = clock_now_us(c);
    if (floor_div(now_us, 1000) >= due_ms)
        return 0;
    if (c->frozen)
        return -1;
    double real_ms = ((double)due_ms - (double)now_us / 1000) / c->speed;
    return real_ms > 1e15 ? (int64_t)1e15 : (int64_t)ceil(real_ms);
}

/* Days since 1970 of a civil date, by counting from 1 March of year 0 in eras of 400 years.
 * Method: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
static int64_t days_from_civil(int64_t year, int month, int64_t day)
{
    year -= month <= 2;
    int64_t era = floor_div(year, 400), of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719468;
}

static void civil_from_days(int64_t days, struct civil *c)
{
    days += 719468;
    int64_t era = floor_div(days, 146097), day = days - era * 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int day_of_year = (int)(day - (365 * year + year / 4 - year / 100));
    int month = (5 * day_of_year + 2) / 153;
    c->day = day_of_year - (153 * month + 2) / 5 + 1;
    c->month = month < 10 ? month + 3 : month - 9;
    c->year = (int)(year + era * 400) + (c->month <= 2);
}

struct civil clock_civil(int64_t ms)
{
    int64_t days = floor_div(ms, MS_PER_DAY);
    int64_t second = (ms - days * MS_PER_DAY) / MS_PER_S;
    struct civil c = {.hour = (int)(second / 3600),
                      .minute = (int)(second / 60 % 60),
                      .second = (int)(second % 60),
                      .weekday = (int)(((days + 4) % 7 + 7) % 7) + 1}; /* day 0 was a Thursday */
    civil_from_days(days, &c);
    c.yearday = (int)(days - days_from_civil(c.year, 1, 1)) + 1;
    return c;
}

int64_t clock_from_civil(const struct civil *c)
{
    int64_t months = (int64_t)c->month - 1, year = c->year + floor_div(months, 12);
    int64_t days = days_from_civil(year, (int)(months - floor_div(months, 12) * 12) + 1, c->day);
    return days * MS_PER_DAY + (((int64_t)c->hour * 60 + c->minute) * 60 + c->second) * MS_PER_S;
}

/* --- text forms: digits are set into the form's own text, because snprintf takes 3,000 instructions for a
 * time and each line of the log has one */

static void set_digits(char *at, int value, int digits)
{
    for (; digits-- > 0; value /= 10)
        at[digits] = (char)('0' + value % 10);
}

static void set_year(char *at, int year)
{
    set_digits(at, year < 0 ? 0 : year > 9999 ? 9999 : year, 4);
}

/* Into "00:00:00". */
static void set_time(char *at, const struct civil *c)
{
    set_digits(at, c->hour, 2);
    set_digits(at + 3, c->minute, 2);
    set_digits(at + 6, c->second, 2);
}

/* Into "0000-00-00T00:00:00". */
static void set_date_and_time(char *at, const struct civil *c)
{
    set_year(at, c->year);
    set_digits(at + 5, c->month, 2);
    set_digits(at + 8, c->day, 2);
    set_time(at + 11, c);
}

void clock_iso(int64_t ms, char out[CLOCK_ISO_SIZE])
{
    struct civil c = clock_civil(ms);
    memcpy(out, "0000-00-00T00:00:00.000Z", CLOCK_ISO_SIZE);
    set_date_and_time(out, &c);
    set_digits(out + 20, (int)(ms - floor_div(ms, 1000) * 1000), 3);
}

void clock_iso_s(int64_t ms, char out[CLOCK_ISO_SIZE])
{
    struct civil c = clock_civil(ms);
    static const char form[] = "0000-00-00T00:00:00Z";
    memcpy(out, form, sizeof form);
    set_date_and_time(out, &c);
}

void clock_http(int64_t ms, char out[30])
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct civil c = clock_civil(ms);
    memcpy(out, "Day, 00 Mon 0000 00:00:00 GMT", 30);
    memcpy(out, days[c.weekday - 1], 3);
    set_digits(out + 5, c.day, 2);
    memcpy(out + 8, months[c.month - 1], 3);
    set_year(out + 12, c.year);
    set_time(out + 17, &c);
}

/* --- reading */

/* Exactly `digits` digits from the front of *s, as a number. */
static bool take_digits(struct str *s, size_t digits, int *out)
{
    int64_t v;
    struct str head = str_sub(*s, 0, digits);
    if (head.n < digits || head.p[0] == '-' || head.p[0] == '+' || !str_to_i64(head, &v))
        return false;
    *s = str_sub(*s, digits, SIZE_MAX);
    *out = (int)v;
    return true;
}

static bool take_char(struct str *s, char c)
{
    if (!s->n || s->p[0] != c)
        return false;
    *s = str_sub(*s, 1, SIZE_MAX);
    return true;
}

/* ".123", to milliseconds; further digits are cut off.  Nothing there is 0. */
static bool take_fraction(struct str *s, int64_t *ms)
{
    *ms = 0;
    if (!take_char(s, '.'))
        return true;
    int digits = 0, weight = 100;
    for (; s->n && s->p[0] >= '0' && s->p[0] <= '9'; digits++, weight /= 10) {
        *ms += (s->p[0] - '0') * weight;
        *s = str_sub(*s, 1, SIZE_MAX);
    }
    return digits > 0;
}

static bool in_range(const struct civil *c)
{
    struct civil back = clock_civil(clock_from_civil(c));
    return c->month >= 1 && c->month <= 12 && back.month == c->month && back.day == c->day &&
           back.hour == c->hour && back.minute == c->minute && back.second == c->second;
}

static bool parse_date(struct str s, int64_t *ms)
{
    struct civil c = {0};
    int64_t fraction = 0;
    if (!take_digits(&s, 4, &c.year) || !take_char(&s, '-') || !take_digits(&s, 2, &c.month) ||
        !take_char(&s, '-') || !take_digits(&s, 2, &c.day))
        return false;
    if (take_char(&s, 'T')) {
        if (!take_digits(&s, 2, &c.hour) || !take_char(&s, ':') || !take_digits(&s, 2, &c.minute))
            return false;
        if (take_char(&s, ':') && (!take_digits(&s, 2, &c.second) || !take_fraction(&s, &fraction)))
            return false;
        take_char(&s, 'Z');
    }
    if (s.n || !in_range(&c))
        return false;
    *ms = clock_from_civil(&c) + fraction;
    return true;
}

static bool parse_epoch(struct str s, int64_t *ms)
{
    ptrdiff_t dot = str_find(s, '.');
    struct str rest = dot < 0 ? STR_NONE : str_sub(s, (size_t)dot, SIZE_MAX);
    int64_t seconds, fraction;
    if (!str_to_i64(str_sub(s, 0, dot < 0 ? s.n : (size_t)dot), &seconds) ||
        !take_fraction(&rest, &fraction) || rest.n || s.p[0] == '-' || s.p[0] == '+')
        return false;
    return !__builtin_mul_overflow(seconds, MS_PER_S, &seconds) &&
           !__builtin_add_overflow(seconds, fraction, ms);
}

bool clock_parse(struct str iso, int64_t *ms)
{
    return parse_date(iso, ms) || parse_epoch(iso, ms);
}

/* The unit at the front of *s, in milliseconds; 0 when there is none. */
static int64_t take_unit(struct str *s)
{
    static const struct {
        struct str name;
        int64_t ms;
    } units[] = {
        {STR_INIT("ms"), 1},
        {STR_INIT("s"), MS_PER_S},
        {STR_INIT("m"), 60 * MS_PER_S},
        {STR_INIT("h"), 3600 * MS_PER_S},
        {STR_INIT("d"), MS_PER_DAY},
        {STR_INIT("w"), 7 * MS_PER_DAY},
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (str_starts(*s, units[i].name)) {
            *s = str_sub(*s, units[i].name.n, SIZE_MAX);
            return units[i].ms;
        }
    }
    return 0;
}

bool clock_parse_span(struct str text, int64_t *ms)
{
    int64_t sum = 0;
    if (!text.n)
        return false;
    while (text.n) {
        size_t digits = 0;
        while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
            digits++;
        int64_t v;
        if (!str_to_i64(str_sub(text, 0, digits), &v))
            return false;
        text = str_sub(text, digits, SIZE_MAX);
        int64_t unit = take_unit(&text);
        if (!unit || __builtin_mul_overflow(v, unit, &v) || __builtin_add_overflow(sum, v, &sum))
            return false;
    }
    *ms = sum;
    return true;
}
