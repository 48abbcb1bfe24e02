/* Rewound: the clock was set back.  Deliveries that failed and wait for their next try wait for a time of the
 * clock before: that is told.  Internal. */
#include "bus_inside.h"
#include "door/outbox.h"
#include "door/rewind.h"

static enum op_end run(struct call *c, const void *input)
{
    (void)input;
    int64_t n, first;
    enum rc rc = outbox_ahead(c->txn, c->now, REWIND_ROWS, &n, &first);
    if (rc != RC_OK)
        return call_broke(c, rc);
    rewind_tell(c, "delivery or deliveries waiting for the next try", STR("the outbox"), n, first,
                n == REWIND_ROWS);
    return OP_DONE;
}

const struct op_row bus_rewound = {"Rewound", run, .flags = OP_INTERNAL | OP_TYPED | OP_QUIET};
