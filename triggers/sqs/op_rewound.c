#include "door/rewind.h"
#include "model.h"
#include "op.h"

/* Rewound: the clock was set back.  Messages whose visibility timeout or delay ends at a time of the clock
 * before stay invisible until then: that is told.  Internal. */
static enum rc look_at(struct call *c, struct queue *q, int64_t *left)
{
    int64_t n, first;
    enum rc rc = due_ahead(c->txn, q->id, c->now, *left, &n, &first);
    if (rc != RC_OK)
        return rc;
    if (timer_armed(&q->wake))
        queue_wake_at(q, q->wake_at); /* it goes by its message, which did not move */
    rewind_tell(c, "message(s) invisible until then or later", q->arn, n, first, n == *left);
    *left -= n;
    return RC_OK;
}

static enum op_end run(struct call *c, const void *input)
{
    (void)input;
    struct sqs *m = sqs_of(c);
    if (!m)
        return OP_FAULT;
    struct map_entry *at = m->queues.first;
    struct queue *q;
    int64_t left = REWIND_ROWS;
    enum rc rc = RC_OK;
    while (rc == RC_OK && left > 0 && (q = map_each(&at, NULL)))
        rc = look_at(c, q, &left);
    return rc == RC_OK ? OP_DONE : call_broke(c, rc);
}

const struct op_row sqs_rewound = {"Rewound", run, .flags = OP_INTERNAL | OP_TYPED | OP_QUIET};
