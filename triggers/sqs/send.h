/* Putting messages on a queue: what SendMessage, SendMessageBatch and redrive share. */
#ifndef SQS_SEND_H
#define SQS_SEND_H

#include "model.h"

struct send {
    struct str body, group, deduplication;
    int64_t delay; /* seconds; SHAPE_NO_INT: the queue's */
    const cJSON *attributes, *system;
};

/* OP_FAULT with the call's fault, or OP_DONE. */
enum op_end send_check(struct call *c, const struct queue *q, const struct send *s);

/* Bytes that count against the limits of a message and of a batch. */
size_t send_size(const struct send *s);

/* Stores the message, fills the members of the answer into `out`, and moves the model on. */
enum rc send_message(struct call *c, struct queue *q, const struct send *s, cJSON *out);

#endif
