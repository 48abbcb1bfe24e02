/* GetFunction and GetFunctionConfiguration: what a function is. */
#include "model.h"
#include "names.h"

struct get_function_in {
    struct str function, qualifier;
};

static const struct shape_row in[] = {
    IN_FUNCTION(get_function_in),
    IN_QUALIFIER(get_function_in),
    SHAPE_END,
};

static enum op_end run_configuration(struct call *c, const void *input)
{
    const struct get_function_in *req = input;
    const struct function *f = function_find(c, req->function, req->qualifier);
    if (!f)
        return OP_FAULT;
    c->out = function_configuration(f);
    return OP_DONE;
}

static cJSON *code_of(struct call *c, const struct function *f)
{
    cJSON *code = cJSON_CreateObject();
    cJSON_AddStringToObject(code, "RepositoryType", "S3");
    struct str location = f->folder.n ? arena_printf(&c->arena, "file://%.*s", STR_ARG(f->folder)) : STR("");
    cJSON_AddStringToObject(code, "Location", location.p);
    return code;
}

static enum op_end run(struct call *c, const void *input)
{
    const struct get_function_in *req = input;
    const struct function *f = function_find(c, req->function, req->qualifier);
    if (!f)
        return OP_FAULT;
    cJSON *out = call_out(c);
    const cJSON *tags =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(f->row, "Put"), "Tags");
    cJSON_AddItemToObject(out, "Configuration", function_configuration(f));
    cJSON_AddItemToObject(out, "Code", code_of(c, f));
    if (tags)
        cJSON_AddItemToObject(out, "Tags", json_copy(tags));
    if (f->reserved >= 0)
        cJSON_AddNumberToObject(cJSON_AddObjectToObject(out, "Concurrency"), "ReservedConcurrentExecutions",
                                (double)f->reserved);
    return OP_DONE;
}

const struct op_row lambda_get_function = {
    .name = "GetFunction",
    .run = run,
    .in = in,
    .in_size = sizeof(struct get_function_in),
    .http = "GET /2015-03-31/functions/{FunctionName}",
};

const struct op_row lambda_get_function_configuration = {
    .name = "GetFunctionConfiguration",
    .run = run_configuration,
    .in = in,
    .in_size = sizeof(struct get_function_in),
    .http = "GET /2015-03-31/functions/{FunctionName}/configuration",
};
