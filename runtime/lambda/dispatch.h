/* Dispatch: which environment runs an invocation, and what becomes of it.
 *
 *                 a home has room            claimed (claim.h), STARTED frame
 *   fly -> WAITING ------------> SENT -------------------------> BEGUN -> landed (DONE, or its home has gone)
 *             ^                    |                               |
 *             +---- taken back ----+                               +- past its deadline: home killed, landed
 *                                  +- past its deadline: taken back, landed
 *
 * A lane is one function's traffic: its queue and its homes.  A home is where its handlers run (home.h): a
 * worker process, or this process with --inline.  Homes start with the first invocation, at most `workers`
 * of them, a few more while some are stuck in one handler; they are retired when idle for five minutes, and
 * earlier, the longest idle first, when there are more than `idle_workers`, when they hold half of the
 * descriptors, or when another function lacks what they hold. */
#ifndef LAMBDA_DISPATCH_H
#define LAMBDA_DISPATCH_H

#include "base/list.h"
#include "door/call.h"
#include "worker/executor.h"

struct dispatch;
struct function;
struct home;
struct lambda;
struct lane;

struct dispatch *dispatch_new(struct world *w);
void dispatch_free(struct dispatch *d);

/* The world stops: all flights land as broken. */
void dispatch_stop(struct dispatch *d);

/* How an invocation ended. */
struct landing {
    struct str payload; /* the result, or the error's JSON */
    bool failed;        /* the function failed */
    bool broke;         /* we failed: the invocation could not be handed over */
    const char *why;    /* with broke: what to tell the client; NULL: nothing that it could understand */
};

enum flight_stage { FLIGHT_WAITING, FLIGHT_SENT, FLIGHT_BEGUN };

/* One invocation under way.  In the arena of the Invoke call that it answers. */
struct flight {
    /* set by whoever lets it fly */
    struct call *call;
    struct str payload; /* JSON text; or absent with */
    const struct proxy_event *proxy;
    struct str client_context; /* JSON text or absent */
    struct buf *tail;          /* gets the log, when it is asked for; else NULL */
    void (*landed)(struct flight *x, const struct landing *l); /* the flight is over; `l` is lent */

    /* dispatch's own */
    struct list link; /* in its lane's queue or its home's flights */
    struct lane *lane;
    struct home *home;
    enum flight_stage stage;
    uint64_t id;
    bool announced;                /* START was logged */
    int64_t timeout_ms, memory_mb; /* of its function when it flew */
    int64_t queued_us, sent_us,
        late_us;                 /* monotonic; late_us: when the guard ends its home, 0: not known yet */
    int64_t started_us, init_us; /* world's clock; started 0: not begun */
    struct list calls;           /* struct handler_call: its handler's calls in flight (calls.c) */
    int call_count;
};

/* Why the function cannot run one more now: Lambda's Reason, or NULL when it can. */
const char *dispatch_throttle(struct lambda *l, const struct function *f);

/* The flight is dispatch's until `landed`. */
void dispatch_fly(struct dispatch *d, struct function *f, struct flight *x);

/* The function is deleted: its homes end when they are empty. */
void dispatch_retire(struct dispatch *d, struct str arn);

/* Invocations of this function under way. */
long dispatch_in_flight(const struct dispatch *d, struct str arn);

#endif
