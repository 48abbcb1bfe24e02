/* PutFunctionEventInvokeConfig, GetFunctionEventInvokeConfig: how often and how long an asynchronous event is
 * tried. */
#include "model.h"
#include "names.h"

struct event_config_in {
    struct str function, qualifier;
    int64_t retries, age_s;
    const cJSON *destinations;
};

static const struct shape_row in[] = {
    IN_FUNCTION(event_config_in),
    IN_QUALIFIER(event_config_in),
    IN_INT(event_config_in, retries, "MaximumRetryAttempts", .min = 0, .max = 2),
    IN_INT(event_config_in, age_s, "MaximumEventAgeInSeconds", .min = 60, .max = 21600),
    IN_TREE(event_config_in, destinations, "DestinationConfig"),
    SHAPE_END,
};

static const struct shape_row get_in[] = {
    IN_FUNCTION(event_config_in),
    IN_QUALIFIER(event_config_in),
    SHAPE_END,
};

static bool has_destination(const cJSON *config)
{
    static const char *const outcomes[] = {"OnSuccess", "OnFailure"};
    for (int i = 0; i < 2; i++)
        if (tree_str(cJSON_GetObjectItemCaseSensitive(config, outcomes[i]), "Destination").n)
            return true;
    return false;
}

static void answer(struct call *c, const struct function *f, const cJSON *config)
{
    c->out = json_copy(config);
    cJSON_AddStringToObject(c->out, "FunctionArn",
                            arena_printf(&c->arena, "%.*s:$LATEST", STR_ARG(f->arn)).p);
    cJSON *destinations = cJSON_AddObjectToObject(c->out, "DestinationConfig");
    cJSON_AddObjectToObject(destinations, "OnSuccess");
    cJSON_AddObjectToObject(destinations, "OnFailure");
}

static enum op_end run_put(struct call *c, const void *input)
{
    const struct event_config_in *req = input;
    struct function *f = function_find(c, req->function, req->qualifier);
    if (!f)
        return OP_FAULT;
    if (has_destination(req->destinations))
        return lambda_fail(c, &lambda_invalid, "DestinationConfig is not supported by tidepool yet");
    cJSON *row = function_edit(f);
    cJSON_DeleteItemFromObjectCaseSensitive(row, "EventInvoke");
    cJSON *config = cJSON_AddObjectToObject(row, "EventInvoke");
    if (req->retries != SHAPE_NO_INT)
        cJSON_AddNumberToObject(config, "MaximumRetryAttempts", (double)req->retries);
    if (req->age_s != SHAPE_NO_INT)
        cJSON_AddNumberToObject(config, "MaximumEventAgeInSeconds", (double)req->age_s);
    cJSON_AddNumberToObject(config, "LastModified", (double)(c->now / 1000));
    f = function_save(c, row);
    if (!f)
        return OP_FAULT;
    answer(c, f, config);
    return OP_DONE;
}

static enum op_end run_get(struct call *c, const void *input)
{
    const struct event_config_in *req = input;
    const struct function *f = function_find(c, req->function, req->qualifier);
    if (!f)
        return OP_FAULT;
    const cJSON *config = cJSON_GetObjectItemCaseSensitive(f->row, "EventInvoke");
    if (!config)
        return lambda_fail(c, &lambda_not_found,
                           "The function %.*s:$LATEST doesn't have an EventInvokeConfig", STR_ARG(f->arn));
    answer(c, f, config);
    return OP_DONE;
}

const struct op_row lambda_put_function_event_invoke_config = {
    .name = "PutFunctionEventInvokeConfig",
    .run = run_put,
    .in = in,
    .in_size = sizeof(struct event_config_in),
    .http = "PUT /2019-09-25/functions/{FunctionName}/event-invoke-config",
};

const struct op_row lambda_get_function_event_invoke_config = {
    .name = "GetFunctionEventInvokeConfig",
    .run = run_get,
    .in = get_in,
    .in_size = sizeof(struct event_config_in),
    .http = "GET /2019-09-25/functions/{FunctionName}/event-invoke-config",
};
