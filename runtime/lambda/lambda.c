#include "lambda.h"
#include "async.h"
#include "dispatch.h"
#include "door/stored.h"
#include "model.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const struct fault lambda_not_found = {.code = "ResourceNotFoundException", .http = 404};
const struct fault lambda_invalid = {.code = "InvalidParameterValueException", .http = 400};
const struct fault lambda_invalid_content = {.code = "InvalidRequestContentException", .http = 400};
const struct fault lambda_too_many = {.code = "TooManyRequestsException", .http = 429};
const struct fault lambda_too_large = {.code = "RequestEntityTooLargeException", .http = 413};
const struct fault lambda_conflict = {.code = "ResourceConflictException", .http = 409};
const struct fault lambda_service_failed = {.code = "ServiceException", .http = 500};
const struct fault lambda_precondition = {.code = "PreconditionFailedException", .http = 412};
const struct fault lambda_policy_length = {.code = "PolicyLengthExceededException", .http = 400};

enum op_end lambda_fail(struct call *c, const struct fault *f, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (!c->fault_extra)
        c->fault_extra = cJSON_CreateObject();
    cJSON_AddStringToObject(c->fault_extra, "Type", "User");
    if (f == &lambda_not_found) /* the one of these faults whose text has a capital in AWS's shapes */
        cJSON_AddStringToObject(c->fault_extra, "Message", text);
    return call_fail(c, f, "%s", text);
}

struct lambda *lambda_of(const struct world *w)
{
    return world_state(w, &lambda_service);
}

static const struct shape_row environment_form[] = {OUT(SHAPE_MAP, "Variables", .of = stored_text),
                                                    SHAPE_END};
static const struct shape_row put_form[] = {
    STORED_TEXT("FunctionName", .min = 1, .max = 64),
    STORED_TEXT("Runtime"),
    STORED_TEXT("Handler"),
    OUT(SHAPE_STR, "Description"),
    OUT(SHAPE_STR, "Role"),
    OUT(SHAPE_STR, "CodeFolder"),
    OUT(SHAPE_STR, "InlineCode"),
    OUT(SHAPE_INT, "Timeout", .min = 1, .max = 900),
    OUT(SHAPE_INT, "MemorySize", .min = 1, .max = 10240),
    OUT(SHAPE_STRUCT, "Environment", .of = environment_form),
    OUT(SHAPE_MAP, "Tags", .of = stored_text),
    SHAPE_END,
};
static const struct shape_row event_invoke_form[] = {
    OUT(SHAPE_INT, "MaximumRetryAttempts", .min = 0, .max = 2),
    OUT(SHAPE_INT, "MaximumEventAgeInSeconds", .min = 60, .max = 21600),
    OUT(SHAPE_REAL, "LastModified", .min = 0, .max = STORED_MOST),
    SHAPE_END,
};
static const struct shape_row statement_form[] = {STORED_TEXT("Sid"), SHAPE_END};
static const struct shape_row policy_form[] = {OUT(SHAPE_STRUCT, "member", .of = statement_form), SHAPE_END};
static const struct shape_row function_form[] = {
    STORED_TEXT("Arn", .match = stored_is_arn),
    STORED_TEXT("Account", .min = 12, .max = 12),
    STORED_TEXT("Region"),
    OUT(SHAPE_STRUCT, "Put", .flags = SHAPE_REQ, .of = put_form),
    OUT(SHAPE_STRUCT, "EventInvoke", .of = event_invoke_form),
    OUT(SHAPE_INT, "Reserved", .min = 0, .max = STORED_MOST),
    OUT(SHAPE_LIST, "Policy", .of = policy_form),
    STORED_COUNT("Modified"),
    STORED_TEXT("Revision"),
    SHAPE_END,
};
static const struct shape_row event_form[] = {
    STORED_TEXT("arn", .match = stored_is_arn),
    STORED_TEXT("account"),
    STORED_TEXT("region"),
    STORED_TEXT("request"),
    STORED_TEXT("trace"),
    STORED_TEXT("causes"),
    OUT(SHAPE_STR, "source"),
    STORED_COUNT("received"),
    STORED_COUNT("due"),
    OUT(SHAPE_INT, "attempts", .min = 0, .max = 2),
    OUT(SHAPE_INT, "throttles", .min = 0, .max = STORED_MOST),
    SHAPE_END,
};
static const struct stored_form forms[] = {{.space = "lambda.function", .texts = 3, .rows = function_form},
                                           {.space = "lambda.async", .head = true, .rows = event_form},
                                           {0}};

static enum rc open_room(struct world *w, void **state)
{
    enum rc rc = stored_check(w, forms);
    if (rc != RC_OK)
        return rc;
    struct lambda *l = xcalloc(1, sizeof(*l));
    l->world = w;
    map_init(&l->functions);
    l->dispatch = dispatch_new(w);
    l->async = async_new(l);
    *state = l;
    return RC_OK;
}

static void start_room(struct world *w, void *state)
{
    (void)w;
    async_start(((struct lambda *)state)->async);
}

static void drop_room(struct world *w, void *state)
{
    (void)w;
    struct lambda *l = state;
    functions_forget(l);
    async_drop(l->async);
}

static void stop_room(struct world *w, void *state)
{
    (void)w;
    struct lambda *l = state;
    dispatch_stop(l->dispatch);
}

static void close_room(struct world *w, void *state)
{
    (void)w;
    struct lambda *l = state;
    async_free(l->async);
    dispatch_free(l->dispatch);
    functions_forget(l);
    map_release(&l->functions);
    free(l);
}

static const struct op_row *const ops[] = {
    &lambda_invoke,
    &lambda_list_functions,
    &lambda_get_function,
    &lambda_get_function_configuration,
    &lambda_check_code,
    &lambda_put_function,
    &lambda_delete_function,
    &lambda_put_function_concurrency,
    &lambda_get_function_concurrency,
    &lambda_delete_function_concurrency,
    &lambda_add_permission,
    &lambda_remove_permission,
    &lambda_get_policy,
    &lambda_put_function_event_invoke_config,
    &lambda_get_function_event_invoke_config,
    &lambda_causes,
    NULL,
};

const struct service lambda_service = {
    .name = "lambda",
    .version = "2015-03-31",
    .wires = WIRE_REST_JSON,
    .ops = ops,
    .open = open_room,
    .start = start_room,
    .drop = drop_room,
    .stop = stop_room,
    .close = close_room,
};
