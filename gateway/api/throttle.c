#include "throttle.h"

#include "base/clock.h"

#define DAY_MS 86400000

bool rate_take(struct bucket *b, const struct limit *l, int64_t now)
{
    if (!b->at)
        b->tokens = l->burst;
    else if (now > b->at)
        b->tokens += l->rate * (double)(now - b->at) / 1000.0;
    if (b->tokens > l->burst)
        b->tokens = l->burst;
    b->at = now;
    if (b->tokens < 1.0)
        return false;
    b->tokens -= 1.0;
    return true;
}

static const char *const period_names[] = {NULL, "DAY", "WEEK", "MONTH"};

enum quota_period quota_period(struct str name)
{
    for (enum quota_period p = QUOTA_DAY; p <= QUOTA_MONTH; p++)
        if (str_is(name, period_names[p]))
            return p;
    return QUOTA_NONE;
}

const char *quota_period_name(enum quota_period p)
{
    return period_names[p];
}

static int64_t period_begin(enum quota_period p, int64_t now)
{
    struct civil c = clock_civil(now);
    int64_t today = clock_from_civil(&(struct civil){.year = c.year, .month = c.month, .day = c.day});
    if (p == QUOTA_WEEK)
        return today - (c.weekday - 1) * (int64_t)DAY_MS;
    if (p == QUOTA_MONTH)
        return today - (c.day - 1) * (int64_t)DAY_MS;
    return today;
}

static int64_t period_end(enum quota_period p, int64_t begin)
{
    struct civil c = clock_civil(begin);
    if (p == QUOTA_MONTH)
        return clock_from_civil(&(struct civil){.year = c.year, .month = c.month + 1, .day = 1});
    return begin + (p == QUOTA_WEEK ? 7 : 1) * (int64_t)DAY_MS;
}

bool quota_left(const struct quota *q, struct usage *u, int64_t now)
{
    if (now < u->from || now >= u->to) {
        u->from = period_begin(q->period, now);
        u->to = period_end(q->period, u->from);
        u->used = 0;
    }
    bool first = q->made_at >= u->from && q->made_at < u->to;
    return u->used < q->limit - (first ? q->offset : 0);
}

void quota_count(struct usage *u)
{
    u->used++;
    u->dirty = true;
}
