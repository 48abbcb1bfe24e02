#include "control_inside.h"

/* Why: the tree of what caused an id (a request, message, invocation, or an item as Table/key) and what it
 * caused. */
struct why_in {
    struct str id;
};

static const struct shape_row in[] = {
    IN_STR(why_in, id, "id", .flags = SHAPE_REQ, .min = 1, .max = 4096),
    SHAPE_END,
};

static enum op_end run(struct call *c, const void *input)
{
    const struct why_in *req = input;
    cJSON *tree = trace_why(c->world, req->id, NULL, 0);
    if (!tree)
        return call_fail(c, &control_not_found, "nothing is known of \"%.*s\"", STR_ARG(req->id));
    cJSON_Delete(c->out);
    c->out = tree;
    return OP_DONE;
}

const struct op_row control_why = {"Why", run, in, sizeof(struct why_in), .flags = OP_QUIET};
