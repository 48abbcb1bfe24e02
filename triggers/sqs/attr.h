/* Queue attributes: one table of what SQS knows, with ranges and defaults. */
#ifndef SQS_ATTR_H
#define SQS_ATTR_H

#include "model.h"

enum queue_attr_kind {
    ATTR_COUNTED, /* answered from the queue itself; nobody can set it */
    ATTR_INT,
    ATTR_BOOL,
    ATTR_TEXT,
    ATTR_FIFO, /* exists on FIFO queues only */
};

struct queue_attr {
    const char *name;
    enum queue_attr_kind kind;
    int64_t min, max;
    const char *fallback; /* the default; NULL: absent until set */
};

/* In the order in which GetQueueAttributes answers; ended by a row without a name. */
extern const struct queue_attr queue_attrs[];

const struct queue_attr *queue_attr_find(struct str name); /* NULL: no such attribute */

/* The value that a queue has (set or default); absent: none.  Not for ATTR_COUNTED. */
struct str queue_attr_value(const cJSON *attributes, const struct queue_attr *a);

/* Checks what a caller wants to set on the queue with this ARN.  False: the call has its fault. */
bool queue_attrs_check(struct call *c, struct str arn, const cJSON *given);

/* `old` (may be NULL) overlaid with `given`; an empty text takes an attribute away.  The caller owns it. */
cJSON *queue_attrs_merge(const cJSON *old, const cJSON *given);

/* Stores the queue with these over those that it has; they were checked. */
enum op_end queue_attrs_put(struct call *c, struct queue *q, const cJSON *given);

/* A redrive policy's parts; false: it is not well formed.  *arn lies in the arena. */
bool redrive_parse(struct arena *a, struct str policy, struct str *arn, int64_t *max_receives);

#endif
