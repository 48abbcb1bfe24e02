/* The event stream: every call, note, invocation, state change and log line, with its causes.
 *
 * A bounded ring in memory, at most 1 us per event; `logs`, `why`, the console and tests read it.  What must
 * outlive a restart (what caused a message, an item's stream record, an async event) is kept in the rows
 * themselves, where `why` looks for it (causes.h). */
#ifndef DOOR_TRACE_H
#define DOOR_TRACE_H

#include "base/json.h"
#include "base/str.h"
#include <stdint.h>

struct world;
struct call;

enum trace_kind {
    TRACE_CALL,   /* an operation ended: "sqs SendMessage" */
    TRACE_INVOKE, /* an invocation began; detail: its START line, for logs */
    TRACE_DONE,   /* an invocation ended: status, duration */
    TRACE_LOG,    /* what a handler wrote, or END and REPORT: one line or more */
    TRACE_HTTP,   /* an API request was answered: method, path, status, reason */
    TRACE_STATE,  /* something changed its state: a mapping was disabled, a message went to its dead-letter
                     queue */
    TRACE_ERROR,  /* something failed that a person should see */
    TRACE_STORED, /* never in the ring: what a row in the store says of the call that wrote it (causes.h) */
};

struct trace_event {
    uint64_t seq;
    enum trace_kind kind;
    int64_t at_us, took_us; /* world's clock */
    struct str id;          /* request id, invocation id, message id ... */
    struct str causes;      /* ids, space separated */
    struct str trace_id;
    struct str what;   /* "sqs SendMessage", a function's name, "GET /orders" */
    struct str detail; /* a line of text: the log line, the reason, the ARN */
    int status;
    struct str also; /* other ids by which a person may ask for this event (message ids, keys of items), space
                        separated */
};

/* At most `events` events in at most `bytes` bytes; the oldest give way.  Pages are touched as they fill. */
struct trace *trace_new(size_t events, size_t bytes);
void trace_free(struct trace *t);

/* Copies the event in; sets its seq; tells the listeners. */
void trace_add(struct world *w, const struct trace_event *e);

/* Adds ids to the event that this call will leave ("also"): message ids that it made, keys it wrote. */
void trace_also(struct call *c, struct str id);

/* Reads on from seq (0: the oldest kept).  False: nothing newer yet.  Views are lent until the next
 * trace_add. */
bool trace_next(const struct trace *t, uint64_t after, struct trace_event *out);

/* Listeners hear each event as it is added (terminal, logs -f, console). */
struct trace_listener {
    struct trace_listener *next;
    void (*heard)(struct trace_listener *l, const struct trace_event *e);
};
void trace_listen(struct world *w, struct trace_listener *l);
void trace_unlisten(struct world *w, struct trace_listener *l);

/* The tree of what caused `id` and what it caused, from the ring and these rows (TRACE_STORED; may be none),
 * as JSON: {"id","what","at","tookMs","status","detail","log":[...],"stored":[...],"caused":[...]} from the
 * outermost cause known; NULL when unknown.  A node of which the ring has nothing has "fromStore" in the
 * place of its durations, and neither time nor rows when others do but name it. */
cJSON *trace_why(struct world *w, struct str id, const struct trace_event *rows, size_t n);

#endif
