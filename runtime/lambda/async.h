/* Asynchronous invocations: events that the caller was promised (202), each a row in the store until its last
 * attempt has ended.
 *
 *   put (in the caller's transaction) -> DUE -> FLYING -> done: the row is deleted
 *                                         ^        |----- function error: 1 minute, then 2 minutes later
 *                                         |        |----- throttled: 1 s, 2 s, 4 s .. 5 minutes, uncounted
 *                                         +--------+----- too old, or no attempts left: failed, deleted
 *
 * Invariant: a row is deleted only in a transaction after its invocation ended, so an event survives kill -9
 * and runs at least once. */
#ifndef LAMBDA_ASYNC_H
#define LAMBDA_ASYNC_H

#include "model.h"

struct async *async_new(struct lambda *l);
void async_free(struct async *a);

/* Reads what the store holds and begins. */
void async_start(struct async *a);

/* The store was changed behind us: forget what is known and read again. */
void async_drop(struct async *a);

/* Keeps the event in the call's transaction.  `payload`: JSON text.  The call's request id is the event's. */
enum rc async_put(struct call *c, const struct function *f, struct str payload, struct str source);

#endif
