/* A poller: reads one mapping's source through the door and hands what it finds to the function.
 *
 * It has lanes.  A queue's lanes are batches in flight side by side, up to the mapping's concurrency; a
 * stream has one lane a shard, since a shard's records keep their order.  The lane's states are drawn in
 * poller.c. */
#ifndef BUS_POLLER_H
#define BUS_POLLER_H

#include "base/buf.h"
#include "base/list.h"
#include "core/timer.h"
#include "door/invoke.h"
#include "door/note.h"
#include "mapping.h"

struct world;
struct call;
struct fault;

/* A record that was read and waits for its invocation. */
struct record {
    cJSON *event; /* as the function sees it */
    char *handle; /* receipt handle, or sequence number */
    char *id;     /* what a partial batch response names: message id, or sequence number */
    char *causes; /* ids */
    char trace_id[64];
    int64_t written_ms; /* when the source got it */
    size_t size;        /* of the event as text, about */
    bool failed;        /* named by a partial batch response */
};

enum lane_state { LANE_IDLE, LANE_READ, LANE_BATCH, LANE_INVOKE, LANE_SETTLE, LANE_BACKOFF, LANE_ENDED };

struct lane {
    struct list link;
    struct poller *poller; /* NULL: the mapping has gone; freed when the running call ends */
    enum lane_state state;
    struct timer timer; /* end of the batch window, or of the backoff */
    struct record *records;
    size_t count, cap;
    size_t take;         /* how many of them are in the running invocation */
    size_t limit;        /* at most so many in the next one (bisecting); 0: the batch size */
    int64_t batch_began; /* when the first of them was read */
    int attempts;        /* failures of the records that are at the front */
    bool noted;          /* the source changed while the lane was busy */
    struct buf payload;
    struct invoke_in invoke;
    char **done; /* handles to settle: processed or filtered out */
    size_t done_count, done_cap, done_sent;
    /* streams */
    char *shard, *parent, *iterator;
    char *last_read; /* sequence number of the last record read, wanted or not */
    bool skipping;   /* LATEST: what was there before the mapping is passed over */
    bool placed;     /* its checkpoint was looked up */
    bool trimmed;    /* the checkpoint is older than the stream: on from its oldest record */
};

/* What a kind of source does; one row each in source_*.c. */
struct source {
    void (*start)(struct poller *p);      /* makes the first lanes */
    void (*noted)(struct poller *p);      /* the source changed */
    struct call *(*read)(struct lane *l); /* the call that reads more, not yet submitted */
    size_t (*take)(
        struct lane *l,
        struct call *c); /* records of its answer into the lane; returns how many came, wanted or not */
    bool (*refused)(struct lane *l, const struct fault *f); /* the read failed; true: read again at once.
                                                               NULL: later */
    void (*weed)(
        struct lane *l); /* before an invocation: gives up records that came too late; NULL: none do */
    void (*settle)(struct lane *l,
                   bool ok); /* the invocation has ended well or not; puts the lane into its next state */
    void (*put_off)(struct lane *l); /* the invocation never began, which is no attempt; as settle */
};
extern const struct source source_sqs, source_stream;

struct poller {
    struct world *world;
    struct mapping *mapping;
    const struct source *source;
    struct note_listener listener;
    struct list lanes;
    size_t lane_count;
};

void poller_start(struct world *w, struct mapping *m);
void poller_stop(struct mapping *m);

/* --- for the sources */
struct lane *lane_new(struct poller *p);
void lane_free(struct lane *l);
void lane_read(struct lane *l);
void lane_idle(struct lane *l);  /* nothing to do: reads again at once when it was noted meanwhile */
void lane_go_on(struct lane *l); /* decides: collect more, invoke, or idle */
void lane_backoff(struct lane *l, int64_t ms);      /* goes on after that time */
void lane_drop(struct lane *l, size_t n);           /* the first n records are done with */
struct record *lane_add(struct lane *l);            /* a zeroed record at the end */
void lane_done(struct lane *l, const char *handle); /* to be settled */

/* A call of this lane: from the bus, on behalf of nobody. */
struct call *lane_call(struct lane *l, const char *service, const char *operation);

/* What a partial batch response says.  False: all failed (not JSON, wrong key, an unknown id).  True:
 * *failed[i] is set for each failed record; none set: all are good. */
bool partial_read(struct str reply, const struct record *records, size_t n, bool *failed);

#endif
