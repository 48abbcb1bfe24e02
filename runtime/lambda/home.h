/* Homes: where a function's environments live.  Two kinds behind one row: a worker process (home_process.c),
 * and this process (home_inline.c).  A home belongs to one lane and one version of its code.
 *
 * Invariant: an invocation's number names its slot (number % CLAIM_SLOTS); a slot is free or holds exactly
 * one flight that was sent and has not landed or been taken back. */
#ifndef LAMBDA_HOME_H
#define LAMBDA_HOME_H

#include "claim.h"
#include "dispatch.h"
#include "worker/executor.h"

#define HOME_ENVIRONMENTS 500 /* in one home at most: below CLAIM_SLOTS */

struct home_kind {
    bool (*open)(struct home *h, const struct function_spec *spec);
    bool (*send)(struct home *h, const struct invocation *in); /* false: it does not fit */
    void (*answer)(struct home *h, uint64_t invocation, uint64_t call, int status, struct str body,
                   struct str code, struct str text);
    void (*clock_changed)(struct home *h);
    void (*retire)(struct home *h);  /* it is empty: ends, then home_gone */
    void (*kill)(struct home *h);    /* ends at once, then home_gone; NULL: cannot */
    void (*release)(struct home *h); /* nothing is heard of it again */

    /* These are asked of homes with a page only. */
    int64_t (*cpu_us)(struct home *h); /* processor that it has used, in us; -1: not known */
    bool (*wake)(struct home *h); /* lets it run on, should somebody have stopped it; true: it was stopped */
};
extern const struct home_kind home_process, home_inline;

struct home {
    struct list link; /* in its lane's homes */
    struct list idle; /* in dispatch.idle: a process without work */
    struct lane *lane;
    struct world *world;
    const struct home_kind *kind;
    struct list flights; /* sent to it and not landed */
    int in_flight;
    int window;      /* how many may be running in it (not waiting for an answer) */
    int waiting;     /* flights whose handler waits for an answer of the door */
    int heavy;       /* flights that had the processor for more than an instant, at the last look */
    bool old;        /* its code is no longer current: gets nothing new */
    bool ending;     /* retired or killed: `gone` is to come */
    bool spoke;      /* heard from since it was opened */
    int64_t idle_us; /* monotonic: since when it has been empty */
    int64_t slice_us, slice_cpu_us; /* a long slice that was seen: its beat, and its processor time then */
    int64_t woken_us;               /* monotonic: when it was last looked whether somebody stopped it */
    bool was_stopped;
    char late_id[IDENT_UUID_SIZE]; /* the request that did not stop */
    void *page;                    /* claims; NULL: everything sent has begun */
    struct flight *slots[CLAIM_SLOTS];
    uint16_t free_slots[CLAIM_SLOTS];
    int free_count;
    void *own; /* the kind's */
};

/* What a home says of its flights (dispatch.c).  Numbers of flights that are over are ignored. */
void home_started(struct home *h, uint64_t invocation, bool cold, int64_t init_us);
void home_called(struct home *h, uint64_t invocation, uint64_t call, struct str service, struct str operation,
                 struct str input);
void home_logged(struct home *h, uint64_t invocation, struct str line);
void home_done(struct home *h, const struct invocation_result *r);
void home_gone(struct home *h, int wait_status); /* the home is freed */
void home_unborn(struct home *h, int error);     /* no process was to be had for it (errno); it is freed */

/* The flight with this number, or NULL. */
struct flight *home_flight(const struct home *h, uint64_t invocation);

#endif
