/* Read, decide, write: what PutItem, UpdateItem, DeleteItem and the batches share.
 *
 *   rmw_decide   reads the item, tests the condition, makes the new item and checks it
 *   rmw_apply    writes the item, its index entries and its stream record
 *
 * A transaction decides for all of its items before it applies any. */
#ifndef DYNAMODB_RMW_H
#define DYNAMODB_RMW_H

#include "units.h"

enum rmw_kind { RMW_PUT, RMW_UPDATE, RMW_DELETE };

struct rmw {
    /* asked */
    enum rmw_kind kind;
    struct table *table;
    const struct attr *key;       /* a map that has the key attributes (PUT: the item) */
    const struct update *update;  /* UPDATE; NULL: the item is only made to exist */
    const struct expr *condition; /* NULL: none */

    /* decided; in the call's arena */
    bool held;                     /* the condition; nothing is written when it did not hold */
    bool changed;                  /* the item is different now: no change writes nothing */
    struct str old_text, new_text; /* canonical JSON; absent: no item */
    const struct attr *old, *new;  /* `old` is NULL when there was no item or nobody had to look inside: see
                                      rmw_old */
    size_t old_size, new_size;

    /* applied */
    struct units units;
};

/* False: wrong says why, or *rc is not RC_OK. */
bool rmw_decide(struct call *c, struct rmw *r, struct wrong *w, enum rc *rc);
enum rc rmw_apply(struct call *c, struct rmw *r);

/* The item as it was, parsed when it was not yet; NULL: there was none. */
const struct attr *rmw_old(struct call *c, struct rmw *r);

#endif
