/* DeleteFunction: forgets a function; what runs in it ends by itself. */
#include "dispatch.h"
#include "model.h"
#include "names.h"

struct delete_function_in {
    struct str function, qualifier;
};

static const struct shape_row in[] = {
    IN_FUNCTION(delete_function_in),
    IN_QUALIFIER(delete_function_in),
    SHAPE_END,
};

static const struct shape_row out[] = {
    OUT(SHAPE_INT, "StatusCode", .flags = SHAPE_IN_STATUS),
    SHAPE_END,
};

static enum op_end run(struct call *c, const void *input)
{
    const struct delete_function_in *req = input;
    if (str_is(req->qualifier, "$LATEST"))
        return lambda_fail(c, &lambda_invalid,
                           "$LATEST version cannot be deleted without deleting the function.");
    struct function *f = function_find(c, req->function, req->qualifier);
    if (!f)
        return OP_FAULT;
    dispatch_retire(lambda_of(c->world)->dispatch, f->arn);
    return function_remove(c, f) ? OP_DONE : OP_FAULT;
}

const struct op_row lambda_delete_function = {
    .name = "DeleteFunction",
    .run = run,
    .in = in,
    .in_size = sizeof(struct delete_function_in),
    .out = out,
    .http = "DELETE /2015-03-31/functions/{FunctionName}",
    .status = 204,
};
