/* Causes: shows the deliveries that the outbox holds to the search that `why` handed over, those that are due
 * first. Internal. */
#include "bus_inside.h"
#include "door/causes.h"
#include "door/outbox.h"

static bool show(struct causes_search *s, const struct outbox_item *item, struct arena *scratch)
{
    return causes_show(s, &(struct causes_row){
                              .causes = item->causes,
                              .trace_id = item->trace_id,
                              .kind = "promised delivery:",
                              .place = arena_printf(scratch, "%.*s %.*s for %.*s", STR_ARG(item->row.service),
                                                    STR_ARG(item->row.operation), STR_ARG(item->row.source)),
                              .at = item->row.due,
                              .size = item->row.payload.n});
}

static enum op_end run(struct call *c, const void *input)
{
    (void)input;
    struct causes_search *search = causes_search_of(c);
    struct outbox_item item = {0};
    struct arena scratch;
    int64_t next_due;
    bool more = true;
    enum rc rc = RC_OK;
    arena_init(&scratch);
    for (bool first = true; more && rc == RC_OK; first = false) {
        arena_clear(&scratch);
        rc = outbox_next(c->txn, &scratch, INT64_MAX, first ? NULL : &item, &item, &next_due);
        if (rc != RC_OK)
            break;
        more = show(search, &item, &scratch);
        cJSON_Delete(item.in);
    }
    arena_release(&scratch);
    return rc == RC_OK || rc == RC_NONE ? OP_DONE : call_broke(c, rc);
}

const struct op_row bus_causes = {"Causes", run, .flags = OP_INTERNAL | OP_TYPED | OP_QUIET};
