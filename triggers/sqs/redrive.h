/* What becomes of a message that a receive finds but does not hand out. */
#ifndef SQS_REDRIVE_H
#define SQS_REDRIVE_H

#include "model.h"

/* The queue to which this message goes instead of to the receiver; NULL: it may be received. */
struct queue *redrive_target(struct call *c, const struct queue *q, const struct due *d);

/* Moves the message in the store and the model, notes the target and leaves a trace. */
enum rc redrive_move(struct call *c, struct queue *from, struct queue *to, const struct due *d);

/* Is a message that was sent then too old to be kept? */
bool retention_over(const struct call *c, const struct queue *q, int64_t sent_at);

/* Deletes the messages that are older than the queue keeps them, as far as nobody has received them. */
enum rc retention_sweep(struct call *c, struct queue *q, bool *more);

#endif
