/* How many items a table, or an index, has, and their bytes.
 *
 * Kept while the model lives.  A model that was just read from the store knows nothing: it is counted when
 * somebody asks, in portions, each a turn of its own, and until that is over a write counts only where the
 * counting has been. */
#ifndef DYNAMODB_TALLY_H
#define DYNAMODB_TALLY_H

#include "model.h"

#define TALLY_ROWS 5000 /* of one portion */

/* A row with this key came, changed or went: so many more items (1, 0, -1) and bytes. */
void tally_note(struct tally *y, struct str key, int items, int64_t bytes);

/* Nothing is known: a write was undone, or the model is new and not empty. */
void tally_forget(struct table *t);

/* Is the table not counted yet?  Then the call has gone on counting, and *end says how it goes on: it is
 * parked until the next portion, or broke.  Before the operation writes anything. */
bool tally_waits(struct call *c, struct table *t, enum op_end *end);

#endif
