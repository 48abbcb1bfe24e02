/* The world's clock was set back, by a person or by a reset.
 *
 * What waits for a span of time goes on waiting for the rest of it: timers and parked calls move along with
 * the clock.  What lies in the store under a time of its own stays there, and so in a future that may be far
 * away.  A service with such rows offers the operation "Rewound" (internal, typed): it plans anew what goes
 * by the calendar, and tells what it cannot help. */
#ifndef DOOR_REWIND_H
#define DOOR_REWIND_H

#include "door/call.h"

/* The clock showed `before_us` and was set since: the running turn and the call go on at the new time, and
 * what waits moves along when that is earlier.  True: it is. */
bool rewind_follow(struct call *c, int64_t before_us);

/* Asks all services; what they tell is appended to `ahead` (lent), an array of
 * {at: the first time (ISO), what, of, count, more: there are others}. */
enum rc rewind_ask(struct call *c, cJSON *ahead);

#define REWIND_ROWS 10000 /* that one service counts at most: the answer should not wait long */

/* The service's side, inside "Rewound": so many things of `of` lie ahead, the first at `first` (ms).  Nothing
 * is told of none. */
void rewind_tell(struct call *c, const char *what, struct str of, int64_t count, int64_t first, bool more);

#endif
