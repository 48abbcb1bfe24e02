/* Removing what is larger than a request.
 *
 * A thing that is deleted is gone at once: its row is deleted, and its parts lie under a prefix that has a
 * number which is never given again, so nobody finds them, not even who makes a thing of the same name.  In
 * the same transaction sweep_put leaves a row that names the prefix.  The world's sweeper then removes a
 * portion of the parts in each round of the loop, in a turn of its own, until none is left; after a restart
 * it goes on.
 *
 *   world.sweep  prefix   -> nothing
 *
 * What a reset threw away (store_clear) goes in the same way.
 */
#ifndef DOOR_SWEEP_H
#define DOOR_SWEEP_H

#include "door/call.h"

struct sweeper;

/* Everything under this prefix will be removed. */
enum rc sweep_put(struct call *c, struct str prefix);

/* The store was cleared: what it held will be removed. */
void sweep_cleared(struct call *c);

/* The world's. */
struct sweeper *sweeper_new(struct world *w);
void sweeper_start(struct sweeper *s); /* goes on with what a process before left */
void sweeper_free(struct sweeper *s);

#endif
