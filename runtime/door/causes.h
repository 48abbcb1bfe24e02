/* What the rows in the store still know of causes, for `why` when the event stream has forgotten.
 *
 * A service whose rows keep their causes offers the operation "Causes" (internal, typed): it walks its rows,
 * newest first where their order allows it, and shows each to the search that it was handed.  Looking at rows
 * is all that it does.  A search looks at so many rows and bytes of each service and no more; a service with
 * several queues, streams or the like gives each the same share. */
#ifndef DOOR_CAUSES_H
#define DOOR_CAUSES_H

#include "base/map.h"
#include "door/call.h"
#include "door/trace.h"

#define CAUSES_ROWS 100000        /* of one service */
#define CAUSES_BYTES (256u << 20) /* of one service */

struct causes_row {
    struct str id;       /* its own: a message's, a record's; absent: it has none */
    struct str also;     /* another id by which a person may ask; absent: none */
    struct str causes;   /* who wrote it first */
    struct str trace_id; /* may be absent */
    const char *kind;    /* "message" */
    struct str place;    /* where it lies: a queue's name, a table's */
    int64_t at;          /* ms: when it was written */
    size_t size;         /* bytes that were read for it */
};

struct causes_search {
    struct arena *arena;
    struct map wanted;         /* ids */
    struct trace_event *found; /* one for each row, in the arena; sorted by time when the search is over */
    size_t count, room;
    const char *service;           /* whose rows are shown now */
    int64_t rows_left, bytes_left; /* of the share */
};

/* Looks in all services of the world for rows that are one of the ids, or were caused by one.  The asker's
 * side; `c` runs. */
void causes_search_init(struct causes_search *s, struct arena *a);
void causes_search_want(struct causes_search *s, struct str id);
enum rc causes_search_run(struct causes_search *s, struct call *c);
void causes_search_release(struct causes_search *s);

/* The service's side.  The search that Causes was handed; then a share for each of `parts` walks; then the
 * rows: false when the share is used up and the walk may end. */
struct causes_search *causes_search_of(const struct call *c);
void causes_share(struct causes_search *s, size_t parts);
bool causes_show(struct causes_search *s, const struct causes_row *row);

/* Is an id wanted that begins so?  For ids that are costly to make from a row. */
bool causes_wants(const struct causes_search *s, struct str prefix);

#endif
