/* Receipt handles: opaque to clients, checkable by us.
 *
 * A handle names the due row that its receive made (queue, seq, visible_at) and carries the message's tag,
 * which no other message has: numbers of messages and queues come back after a purge or a restart.  So each
 * handle of a message stays good until the message is deleted, as on AWS's standard queues; the number of the
 * receive makes two handles differ. */
#ifndef SQS_HANDLE_H
#define SQS_HANDLE_H

#include "model.h"

struct str handle_make(struct call *c, const struct queue *q, const struct due *d);

enum handle_state {
    HANDLE_BAD,  /* none of ours, or of another queue */
    HANDLE_GONE, /* the message is no longer in the queue */
    HANDLE_LIVE,
};

/* Finds the due row that a handle stands for. */
enum rc handle_find(struct call *c, const struct queue *q, struct str handle, enum handle_state *state,
                    struct due *d);

enum op_end fail_handle(struct call *c, struct str handle); /* ReceiptHandleIsInvalid */

#endif
