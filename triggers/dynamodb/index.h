/* Index entries: kept beside the item, in the same transaction. */
#ifndef DYNAMODB_INDEX_H
#define DYNAMODB_INDEX_H

#include "units.h"

/* An item as it is at one time; item NULL: it is not there. */
struct version {
    const struct attr *item;
    struct str text;
    size_t size;
};

/* The item changed from old to new: entries follow.  Units are what it costs. */
enum rc index_update(struct call *c, struct table *t, const struct version *old, const struct version *new,
                     struct units *u);

/* Writes the entries of the next items for an index that is filled (backfill.h): of at most so many, and
 * until their text is so long.  *all: none is left. */
enum rc index_fill(struct call *c, struct table *t, struct index *x, int items, size_t bytes, bool *all);

#endif
