/* Operations and services as rows: the whole vocabulary of the door.
 *
 * A service is one row with a list of operation rows; main.c lists the services.  An operation is one file
 * with its input struct, its shape rows, its run function and its row. */
#ifndef DOOR_OP_H
#define DOOR_OP_H

#include "base/rc.h"
#include "door/fault.h"
#include "door/shape.h"

struct call;
struct world;

enum op_end {
    OP_DONE,  /* c->out (or c->payload_out) is the answer */
    OP_FAULT, /* call_fail or call_broke was called; the call's writes are undone */
    OP_PARK,  /* call_park was called: run me again from the first line when that resource is noted, or at the
                 deadline */
    OP_MORE,  /* there is more to do than one turn should hold: what was written stays; run me again from the
                 first line in a later turn */
    OP_FORWARD, /* another part finishes this call later with call_finish: Invoke, execute-api */
};

enum op_flags {
    OP_INTERNAL = 1,  /* not on the network: only other parts of tidepool may call it */
    OP_TYPED = 2,     /* an inside caller may hand over c->typed instead of a tree; run's `in` is then NULL */
    OP_QUIET = 4,     /* leaves no event in the stream (polls, peeks) */
    OP_AT_ROOT = 8,   /* Query: asked at the service's address, not at that of one of its resources */
    OP_SILENT = 16,   /* has no answer: in AWS JSON an empty body */
    OP_DELIVERS = 32, /* a row of the outbox may name it: it ends within its turn (Invoke: an event does) */
};

struct op_row {
    const char *name; /* "SendMessage" */
    enum op_end (*run)(struct call *c, const void *in);
    const struct shape_row *in;
    size_t in_size;
    const struct shape_row
        *out; /* only the XML and REST protocols need it; NULL: the tree goes out as it is */
    unsigned flags;
    const char *http;   /* REST: "POST /2015-03-31/functions/{FunctionName}/invocations" */
    int status;         /* success status; 0: 200 */
    const char *result; /* Query: name of the result element; NULL: NameResult */
};

/* WIRE_QUERY_JSON: the Query protocol for clients that accept application/json; services speak it with
 * WIRE_QUERY. */
enum wire {
    WIRE_JSON10 = 1,
    WIRE_JSON11 = 2,
    WIRE_QUERY = 4,
    WIRE_REST_JSON = 8,
    WIRE_REST_XML = 16,
    WIRE_QUERY_JSON = 32,
};

struct service {
    const char *name;    /* "sqs": the credential scope's name, and what Lua and the bus say */
    const char *target;  /* X-Amz-Target before the dot: "AmazonSQS"; NULL: none */
    const char *version; /* Query's Version: "2012-11-05" */
    const char *xmlns;
    const char *fault_ns; /* "com.amazonaws.sqs": before '#' in __type; NULL: bare code */
    unsigned wires;
    bool fault_detail;               /* Query: an error has an empty Detail; AWS's SQS alone */
    const struct op_row *const *ops; /* NULL-ended */

    /* The largest request that the service itself takes, in bytes, and of how many values; 0: 1 MiB, 20,000.
     * The wires let through what that may grow to as they spell it; what is beyond is RequestEntityTooLarge.
     */
    size_t request_max, values_max;

    /* World's state of this service; each may be NULL.  open: at world start, state into *state (room), to
     * load lazily from the store; start: all services are open, timers may be armed and pollers begin; drop:
     * the models are stale (a commit failed, or a reset): forget them, they load again from the store; close:
     * at the end. */
    enum rc (*open)(struct world *w, void **state);
    void (*start)(struct world *w, void *state);
    void (*drop)(struct world *w, void *state);
    void (*stop)(struct world *w, void *state); /* finish what you hold (forwarded calls): the end is near */
    void (*close)(struct world *w, void *state);

    /* Words for a failed shape check: fills the fault and returns its text (in the call's arena).  NULL:
     * Coral's text under ValidationException. */
    struct str (*invalid)(struct call *c, const struct shape_error *errors, int n,
                          const struct fault **fault);

    /* Query: is this path the address of one of its resources (a queue)?  NULL: it has none. */
    bool (*owns_path)(struct str path);

    /* Query: what is said of an action that the service does not have, in the arena.  NULL: Coral's words. */
    struct str (*unknown_action)(struct arena *a, struct str action);

    /* Last touch on an answer or a fault before a wire writes it (MD5 fields, legacy names); NULL: none. */
    void (*wire_out)(struct call *c, enum wire wire);
};

/* By AWS's name, or by the same name as snake_case ("put_item"); NULL: none. */
const struct op_row *op_find(const struct service *s, struct str name);

#endif
