#include "lambda.h"
#include "async.h"
#include "dispatch.h"
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

static enum rc open_room(struct world *w, void **state)
{
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
