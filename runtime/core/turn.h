/* The turn: everything that arrived together runs together and shares one transaction.
 *
 *      add  -> waiting -> run (in order of arrival) -> commit -> end (answers go out) -> add ...
 *
 * Group commit by loop turn: a commit costs 50 to 100 us alone and a tenth of it when a turn is full. Nothing
 * that a job promises may leave before `end`: only there is the data safe.  Jobs that are added while the
 * turn runs join it; jobs added by `end` make the next turn.  Only turn.c knows on which thread a turn runs.
 */
#ifndef CORE_TURN_H
#define CORE_TURN_H

#include "base/list.h"
#include "base/rc.h"
#include "store/store.h"

struct turn;
struct loop;

/* Embedded in what runs (a call); zeroed at first.  The owner keeps it alive until `end` begins, and does not
 * add it again before that. */
struct job {
    struct list link;
    void (*run)(struct job *);                    /* in the transaction */
    void (*end)(struct job *, enum rc committed); /* after it; committed != RC_OK: all writes are gone */
};

/* `loop` may be NULL (tests, --inline tools): then somebody calls turn_run. */
struct turn *turn_new(struct loop *loop, struct store *store);
void turn_free(struct turn *t);

/* Called once per turn before its first job; once after a commit failed (to drop the models), before the
 * `end`s; and once after the last `end` (notes are spread there: jobs that it adds make the next turn).  Each
 * may be NULL. */
void turn_hooks(struct turn *t, void (*begin)(void *), void (*lost)(void *), void (*after)(void *),
                void *arg);

/* Thread: main; at any time. */
void turn_add(struct turn *t, struct job *j);

/* The same, but not before the loop has read its sockets again, so that all others come in between: for what
 * is larger than a request and goes in portions.  Without a loop: when no other job waits. */
void turn_add_later(struct turn *t, struct job *j);

/* Runs turns until no job waits.  Not from inside a job. */
void turn_run(struct turn *t);

/* No job waits.  Also true in the `after` of the last turn, so that somebody can wait for quiet there. */
bool turn_idle(const struct turn *t);

#endif
