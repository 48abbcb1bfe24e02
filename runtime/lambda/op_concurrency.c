/* PutFunctionConcurrency, GetFunctionConcurrency, DeleteFunctionConcurrency: a share of the account's 1000
 * concurrent executions for one function alone; 0 disables it. */
#include "model.h"
#include "names.h"

struct concurrency_in {
    struct str function;
    int64_t reserved;
};

static const struct shape_row in[] = {
    IN_FUNCTION(concurrency_in),
    SHAPE_END,
};

static const struct shape_row put_in[] = {
    IN_FUNCTION(concurrency_in),
    IN_INT(concurrency_in, reserved, "ReservedConcurrentExecutions", .flags = SHAPE_REQ, .min = 0,
           .max = INT32_MAX),
    SHAPE_END,
};

static enum op_end save(struct call *c, const struct function *f, cJSON *reserved)
{
    cJSON *row = function_edit(f);
    cJSON_DeleteItemFromObjectCaseSensitive(row, "Reserved");
    if (reserved)
        cJSON_AddItemToObject(row, "Reserved", reserved);
    return function_save(c, row) ? OP_DONE : OP_FAULT;
}

static enum op_end run_put(struct call *c, const void *input)
{
    const struct concurrency_in *req = input;
    struct function *f = function_find(c, req->function, STR_NONE);
    if (!f)
        return OP_FAULT;
    if (!function_may_reserve(c, f, req->reserved))
        return OP_FAULT;
    cJSON_AddNumberToObject(call_out(c), "ReservedConcurrentExecutions", (double)req->reserved);
    return save(c, f, cJSON_CreateNumber((double)req->reserved));
}

static enum op_end run_get(struct call *c, const void *input)
{
    const struct concurrency_in *req = input;
    const struct function *f = function_find(c, req->function, STR_NONE);
    if (!f)
        return OP_FAULT;
    if (f->reserved >= 0)
        cJSON_AddNumberToObject(call_out(c), "ReservedConcurrentExecutions", (double)f->reserved);
    return OP_DONE;
}

static enum op_end run_delete(struct call *c, const void *input)
{
    const struct concurrency_in *req = input;
    const struct function *f = function_find(c, req->function, STR_NONE);
    return f ? save(c, f, NULL) : OP_FAULT;
}

const struct op_row lambda_put_function_concurrency = {
    .name = "PutFunctionConcurrency",
    .run = run_put,
    .in = put_in,
    .in_size = sizeof(struct concurrency_in),
    .http = "PUT /2017-10-31/functions/{FunctionName}/concurrency",
};

const struct op_row lambda_get_function_concurrency = {
    .name = "GetFunctionConcurrency",
    .run = run_get,
    .in = in,
    .in_size = sizeof(struct concurrency_in),
    .http = "GET /2019-09-30/functions/{FunctionName}/concurrency",
};

const struct op_row lambda_delete_function_concurrency = {
    .name = "DeleteFunctionConcurrency",
    .run = run_delete,
    .in = in,
    .in_size = sizeof(struct concurrency_in),
    .http = "DELETE /2017-10-31/functions/{FunctionName}/concurrency",
    .status = 204,
};
