/* One pass that moves committed pages from SQLite's log into the main file, on a thread of its own, so that
 * the turn never waits for the disk.  (Part of the SQLite engine; only engine_sqlite.c uses it.)
 *
 *      checkpoint_start -> running -> done -> checkpoint_reap -> idle
 *
 * All functions are called from the engine's thread. */
#ifndef STORE_CHECKPOINT_H
#define STORE_CHECKPOINT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct checkpoint {
    bool started;
    const char *path; /* lent by the engine until it is reaped */
    pthread_t thread;
    atomic_bool done;
    int code;  /* SQLite's, when done */
    int moved; /* pages of the log that are in the main file, when done */
};

/* Begins to move the log of the database at `path`.  One at a time.  False when the system gives no thread.
 */
bool checkpoint_start(struct checkpoint *c, const char *path);

/* Takes the result when it is done; with `wait`, when it still runs too.  False: nothing to take.
 */
bool checkpoint_reap(struct checkpoint *c, bool wait);

#endif
