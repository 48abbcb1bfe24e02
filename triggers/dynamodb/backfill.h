/* Filling a global index that was added to a table which has items: in portions, each a turn of its own.
 *
 *   UpdateTable, PutTable --backfill_begin: the first portion--> all items seen: the index is ready
 *                                |
 *                                `--a row that says where to go on, the timer--> Backfill: the next one ...
 *
 * The table's definition says of the index that it is Backfilling, and the row ddb.backfill how far that is;
 * both change in the transaction of the portion, so a restart goes on where the last commit was.  Writes of
 * items that the backfill has passed keep the index up to date; those of items ahead of it are left to the
 * backfill, which comes to them.  So each item is entered once, and the counts are exact at any time. */
#ifndef DYNAMODB_BACKFILL_H
#define DYNAMODB_BACKFILL_H

#include "model.h"

#define BACKFILL_ROWS 500         /* items of one portion */
#define BACKFILL_BYTES (1u << 20) /* of their text, too */

struct catalog;

/* The index of this name is in the definition (Backfilling) and empty.  *t is the table's new model. */
enum rc backfill_begin(struct call *c, struct table **t, struct str index);

/* The index goes before it was filled. */
enum rc backfill_forget(struct call *c, const struct index *x);

/* Reads into a new model how far its backfills are. */
enum rc backfill_attach(struct call *c, struct table *t);

/* At start, and when the models were dropped: goes on with what the store has. */
void backfill_start(struct world *w, void *catalog);
void backfill_dropped(struct catalog *k);

/* Is the item ahead of the index's backfill? */
bool backfill_ahead(const struct table *t, const struct index *x, const struct attr *item);

#endif
