/* A call: one request to one operation, from whoever wants something.
 *
 * Life:  call_new -> fill -> door_submit -> (turn) run ... run again after a park ... -> commit -> on_end ->
 * call_free. Memory: everything that hangs from a call lies in its arena or is freed with it.  `in` is moved
 * in; `out` is moved out only by whoever sets it to NULL. */
#ifndef DOOR_CALL_H
#define DOOR_CALL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/ident.h"
#include "base/json.h"
#include "core/http_msg.h"
#include "core/timer.h"
#include "core/turn.h"
#include "door/op.h"
#include "door/world.h"

#define TRACE_HEADER_MAX 1024
#define TRACE_ID_SIZE 36 /* 1-5759e988-bd862e3fe1be46a994272793 and a zero */
#define CAUSES_MAX 1024  /* bytes of ids that a call, or a row that it writes, names as its causes */

enum call_from { CALL_NETWORK, CALL_LUA, CALL_TRIGGER, CALL_TEMPLATE, CALL_CLI, CALL_TEST, CALL_INSIDE };

struct call {
    struct job job;
    struct world *world;
    const struct service *service;
    const struct op_row *op;
    struct arena arena;

    /* who asks */
    enum call_from from;
    struct str account, region; /* never absent */
    struct str host;            /* the Host the client used, for URLs we hand out; absent: the default */
    char request_id[IDENT_UUID_SIZE];
    char trace_id[TRACE_ID_SIZE]; /* X-Ray root id, shared by all that one outside event caused */
    struct str trace_header; /* X-Amzn-Trace-Id as the asker sent it; absent: none, or none that is one */
    struct str causes;       /* ids, space separated, newest cause first, from the call's own cause to the
                                outermost as far as CAUSES_MAX goes; "" for an outside event */

    /* the request: one of */
    cJSON *in;  /* the tree; may be NULL */
    bool zeros; /* a text or name in it holds U+0000: the door refuses where no row says SHAPE_ZEROS */
    void
        *typed; /* OP_TYPED: a struct both sides know from a header of the door or below; lent until on_end */
    struct str payload;                 /* raw body (Lambda's Payload, S3's object); lent until on_end */
    const struct http_headers *http_in; /* REST: headers, for what shapes do not say; may be NULL */

    /* the answer */
    cJSON *out;             /* NULL counts as {} */
    struct buf payload_out; /* raw body; used when payload_set */
    bool payload_set;
    int status;                /* HTTP status; 0: the row's */
    const struct fault *fault; /* NULL: success */
    struct str fault_text;
    cJSON *fault_extra; /* more members of the error body (Item, CancellationReasons); owned */

    /* the turn */
    struct store *txn;
    int64_t now;               /* ms on the world's clock, the same for all that this turn does */
    int64_t began_us;          /* world's clock at submit */
    const struct call *parent; /* the call given to door_open; only valid inside that call's run */
    struct list notes;

    /* the door's own */
    int stage;       /* enum call_stage in door.c */
    bool queued;     /* the turn has it */
    struct str also; /* ids by which a person may ask for this call, space separated */

    /* parking */
    int runs; /* how often run was called before this time */
    struct timer deadline;
    struct list park_links;
    bool cancelled; /* the asker has gone: a parked or forwarded call may end early */

    /* whoever asked */
    void (*on_end)(struct call *c); /* after commit; owns the call from here: ends with call_free */
    void *asker;                    /* its own pointer */
    void *plan; /* the operation's own pointer across parks and forwards (arena or room) */
};

/* A call to service.operation; ids are new, account, region, trace and causes are the parent's when there is
 * one. */
struct call *call_new(struct world *w, const struct call *parent, const struct service *s,
                      const struct op_row *op);
void call_free(struct call *c);

/* Ends an operation with the client's fault.  fmt NULL: the row's own text.  Returns OP_FAULT. */
enum op_end call_fail(struct call *c, const struct fault *f, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Ends an operation with our own trouble: 500, logged with place.  Returns OP_FAULT. */
#define call_broke(c, rc) call_broke_at((c), (rc), __FILE__, __LINE__)
enum op_end call_broke_at(struct call *c, enum rc rc, const char *file, int line);

/* Waits for a note about `arn` or the deadline (ms on the world's clock), then runs again from the first line
 * with c->runs one higher; undo: nothing the run wrote before parking is kept.  Several arns: call it once
 * for each. */
enum op_end call_park(struct call *c, struct str arn, int64_t deadline);

/* May this call sweep one row more, of those that are in its way and were to go anyhow (expired messages)?  A
 * turn sweeps so many rows, whoever asks; when they are used up, end with OP_MORE. */
#define CALL_SWEEP_ROWS 500
bool call_sweeps(struct call *c);

/* Counts work of a kind that may be left to a later turn (what a publish hands out, what a scan looks at), in
 * steps of some 10 ns: a comparison, a byte that is written.  False: the turn has done enough of it, whoever
 * asked. */
#define CALL_WORK 1000000
bool call_works(struct call *c, int64_t steps);

/* "This resource changed."  A hint, spread after the commit; dropped with a fault. */
void call_note(struct call *c, struct str arn);

/* The end of an OP_FORWARD: the answer or fault is set; on_end is called in the next turn's end.  Thread:
 * main. */
void call_finish(struct call *c);

/* The asker has gone.  A parked call ends at once without running again (on_end is called); any other goes
 * on, and may look at c->cancelled. */
void call_cancel(struct call *c);

/* What this call makes was caused by: its own id, and the ids of its causes.  For rows that outlive it. */
struct str call_causes(const struct call *c, struct arena *a);

/* The call joins the trace of a header X-Amzn-Trace-Id (Root=1-...;Parent=...;Sampled=1), and keeps the
 * header for the messages that it sends; what is none, or longer than TRACE_HEADER_MAX, is left alone. */
void call_trace(struct call *c, struct str header);

/* Trees: new object as the answer; helpers read as the answer's members. */
cJSON *call_out(struct call *c); /* c->out, made when it is NULL */

/* An id of the world's generator in the arena. */
struct str call_uuid(struct call *c);

#endif
