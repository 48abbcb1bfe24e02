/* The door: the one way to any operation, for the network, Lua, triggers, template, command line and tests.
 *
 * Outside callers and everything asynchronous:
 *     struct call *c = door_open(w, parent, "sqs", "SendMessage");    NULL: no such operation
 *     c->in = tree; c->on_end = ...; door_submit(c);
 * Inside an operation, for what ends at once (neither parks nor forwards), in the same transaction:
 *     struct call *k = door_open(w, c, "dynamodb", "DescribeTable"); k->in = ...;
 *     if (door_call(k)) ... k->out ...;  call_free(k);
 *
 * What the door does for every call, in this order: shape check into the input struct; savepoint; run; on a
 * fault undo; after the commit: event stream, notes, on_end. */
#ifndef DOOR_DOOR_H
#define DOOR_DOOR_H

#include "door/call.h"

/* The operation of this name and, in *of, the service whose row has it; NULL: there is none. */
const struct op_row *door_find(const struct world *w, struct str service, struct str operation,
                               const struct service **of);

struct call *door_open(struct world *w, const struct call *parent, const char *service,
                       const char *operation);

/* Queues the call for this or the next turn.  The call is moved; on_end gets it back. */
void door_submit(struct call *c);

/* Runs `c` now inside its parent's run (c->parent is the parent given to door_open).  True: success.  The
 * caller keeps the call and frees it.  Its writes are part of the parent's; a faulted inner call whose writes
 * must go makes the parent fault too. */
bool door_call(struct call *c);

/* Submits, and returns at once; the answer is thrown away (faults are logged at debug level). */
void door_send(struct call *c);

/* Tests and tools without a loop: submits, runs turns until the call has ended, returns it (free it with
 * call_free). */
struct call *door_wait(struct call *c);

#endif
