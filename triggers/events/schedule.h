/* MODEL of a schedule: rate(5 minutes), cron(0 12 ? * MON-FRI *).  "Schedule patterns" (EventBridge); UTC. */
#ifndef EVENTS_SCHEDULE_H
#define EVENTS_SCHEDULE_H

#include "base/str.h"

#define SCHEDULE_YEAR_FIRST 1970
#define SCHEDULE_YEAR_LAST 2199

struct schedule {
    int64_t rate_ms;                                                   /* 0: a cron expression */
    uint64_t minutes, hours, days, months, weekdays;                   /* bits */
    uint8_t years[(SCHEDULE_YEAR_LAST - SCHEDULE_YEAR_FIRST) / 8 + 1]; /* bits */
    bool any_day, any_weekday;                                         /* '?' or '*' */
    int last_day;         /* L: 1 + days before the end of the month */
    int nearest_weekday;  /* 15W: the day; 0: none */
    int nth_weekday, nth; /* 3#2: Tuesday, the second; nth -1: 5L, the last */
};

/* False: not a valid expression. */
bool schedule_parse(struct str text, struct schedule *out);

/* The first time after `after` (ms); a rate counts from `begin`, also back from it.
 *  INT64_MAX: never again. */
int64_t schedule_next(const struct schedule *s, int64_t begin, int64_t after);

#endif
