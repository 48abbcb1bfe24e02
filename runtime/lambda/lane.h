/* The inside of dispatch: lanes and their homes.  Only dispatch.c, lane.c, ending.c and watch.c include this.
 */
#ifndef LAMBDA_LANE_H
#define LAMBDA_LANE_H

#include "door/note.h"
#include "home.h"
#include "model.h"

#define LANE_WINDOW 8      /* running at once in one home; more only when they are found to sleep */
#define LANE_STUCK_US 5000 /* of its processor in one handler without coming round: look elsewhere */

struct dispatch {
    struct world *world;
    struct map lanes; /* ARN -> struct lane */
    uint64_t last_flight;
    long in_flight, unreserved; /* of all lanes; of functions without a reservation */
    int most_homes;             /* per lane */
    struct list idle;           /* worker processes without work, the longest first */
    int idle_count, most_idle;
    struct loop_timer *tick, *housekeeping; /* NULL without a loop */
    int64_t tick_ms;                        /* 0: off */
    struct note_listener clock;
};

struct lane {
    struct dispatch *dispatch;
    char *arn, *name;
    struct list queue; /* struct flight, WAITING */
    struct list homes;
    int home_count;
    long in_flight;
    bool reserved;           /* its flights do not count as unreserved */
    int lack;                /* errno: no process was to be had at the last try; 0: one was */
    int64_t barred_us;       /* monotonic: no home is opened before */
    char code[33];           /* function.code that `spec` was made of */
    struct arena spec_arena; /* holds the spec's texts */
    struct function_spec spec;
};

/* --- lane.c */
struct lane *lane_of(struct dispatch *d, struct function *f);
void lane_close(struct lane *l);

/* Its homes to come run this code. */
void lane_learn(struct lane *l, const struct function *f);

/* Its homes get nothing new and end when they are empty. */
void lane_retire(struct lane *l);

/* The home that the next flight goes to, perhaps a new one; NULL: it waits.  A stuck home gets nothing and
 * does not count against the limit. */
struct home *lane_choose(struct lane *l, int64_t now_us);

/* With --inline, and where there is no nursery. */
bool lane_is_inline(const struct world *w);

void home_take_slot(struct home *h, struct flight *x); /* gives the flight its number */
void home_give_slot(struct flight *x);
void home_retire_when_empty(struct home *h); /* if it is old */
void home_free(struct home *h);
int home_running(const struct home *h);

/* Held by a handler that does not come round.  One that waits for a processor is slow, and not stuck; so is
 * one that is still starting. */
bool home_is_stuck(struct home *h, int64_t now_us);

/* No process was to be had (errno).  True: something without work has given up its own, and another try may
 * do.  False: it is said, once. */
bool lane_lacks(struct lane *l, int error);

/* --- dispatch.c */
void dispatch_land(struct flight *x, const struct landing *how);
void dispatch_announce(struct flight *x);           /* START is logged, if it was not */
void dispatch_pump(struct lane *l, int64_t now_us); /* what waits goes to homes with room */

/* --- ending.c: homes that end before their flights */
bool ending_has_begun(const struct home *h, const struct flight *x);
void ending_take_back_unbegun(struct home *h);

/* Its deadline has passed.  What has begun and does not stop costs its home; what has not begun is taken
 * back, and the home is left alone.  The home's flights change. */
void ending_late(struct home *h, struct flight *late);

/* --- watch.c: looks after flights that do not begin and those that do not end */
void watch_soon(struct dispatch *d); /* something was sent */
void watch_start(struct dispatch *d);
void watch_stop(struct dispatch *d);

#endif
