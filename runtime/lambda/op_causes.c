#include "base/json.h"
#include "door/causes.h"
#include "lambda.h"
#include "model.h"
#include "store.h"

/* Causes: shows the asynchronous events that wait or run to the search that `why` handed over.  Internal. */
struct look {
    struct causes_search *search;
    struct arena scratch;
};

static bool show(void *arg, const cJSON *head, size_t size)
{
    struct look *l = arg;
    struct str id = tree_str(head, "request"), causes = tree_str(head, "causes");
    arena_clear(&l->scratch);
    return causes_show(l->search,
                       &(struct causes_row){.id = id,
                                            .causes = arena_printf(&l->scratch, "%.*s%s%.*s", STR_ARG(id),
                                                                   causes.n ? " " : "", STR_ARG(causes)),
                                            .trace_id = tree_str(head, "trace"),
                                            .kind = "asynchronous event",
                                            .place = tree_str(head, "arn"),
                                            .at = tree_int(head, "received", 0),
                                            .size = size});
}

static enum op_end run(struct call *c, const void *input)
{
    (void)input;
    struct look l = {.search = causes_search_of(c)};
    arena_init(&l.scratch);
    enum rc rc = store_events_back(c->txn, show, &l);
    arena_release(&l.scratch);
    return rc == RC_OK ? OP_DONE : call_broke(c, rc);
}

const struct op_row lambda_causes = {"Causes", run, .flags = OP_INTERNAL | OP_TYPED | OP_QUIET};
