/* Rates and quotas, on the world's clock.
 *
 * A rate is a token bucket: `burst` tokens at most, `rate` new ones a second, one for each request.  A quota
 * is a count per day, week (from Sunday) or month, UTC.  AWS's own limits are best effort and may let more
 * through; ours are exact. */
#ifndef API_THROTTLE_H
#define API_THROTTLE_H

#include "base/str.h"

struct limit {
    bool set;
    double rate, burst;
};

struct bucket {
    double tokens;
    int64_t at; /* ms when `tokens` was true; 0: never touched, so full */
};

bool rate_take(struct bucket *b, const struct limit *l, int64_t now);

enum quota_period { QUOTA_NONE, QUOTA_DAY, QUOTA_WEEK, QUOTA_MONTH };

struct quota {
    enum quota_period period;
    int64_t limit;
    int64_t offset;  /* taken off the limit in the period in which the quota was made */
    int64_t made_at; /* ms */
};

/* How much of a quota is used, in the period that begins at `from` and ends at `to` (ms). */
struct usage {
    int64_t from, to, used;
    bool dirty; /* not yet in the store */
};

/* "DAY", "WEEK", "MONTH"; QUOTA_NONE for anything else. */
enum quota_period quota_period(struct str name);
const char *quota_period_name(enum quota_period p);

/* Is one more request within the quota?  Begins a new period when the old one is over. */
bool quota_left(const struct quota *q, struct usage *u, int64_t now);
void quota_count(struct usage *u);

#endif
