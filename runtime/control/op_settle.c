#include "control_inside.h"

/* Settle: runs until nothing is in flight and nothing is due within the horizon (a time span; 0 when not
 * given); answers with what happened and what failed. */
struct settle_in {
    struct str horizon;
};

static const struct shape_row in[] = {
    IN_STR(settle_in, horizon, "horizon"),
    SHAPE_END,
};

static enum op_end run(struct call *c, const void *input)
{
    const struct settle_in *req = input;
    int64_t span = 0;
    if (req->horizon.p && !clock_parse_span(req->horizon, &span))
        return call_fail(c, &control_bad_request, "not a time span: \"%.*s\" (say 30s, 15m, 2h)",
                         STR_ARG(req->horizon));
    return control_quiet(c, span, false);
}

const struct op_row control_settle = {"Settle", run, in, sizeof(struct settle_in), .flags = OP_QUIET};
