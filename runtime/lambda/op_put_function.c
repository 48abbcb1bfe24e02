/* PutFunction (internal): makes a function be what the template says; an unchanged one is left untouched.
 *
 * What a person changed meanwhile (PutFunctionConcurrency ...) stays until the template's own words change.
 */
#include "door/arn.h"
#include "model.h"
#include <ctype.h>

struct put_function_in {
    struct str name, runtime, handler, folder, inline_code, version, description, role;
    int64_t timeout_s, memory_mb, reserved, code_size;
    const cJSON *environment, *event_invoke, *tags;
};

static const struct shape_row variable = OUT(SHAPE_STR, "value");
static const struct shape_row environment[] = {
    OUT(SHAPE_MAP, "Variables", .of = &variable),
    SHAPE_END,
};
static const struct shape_row event_invoke[] = {
    OUT(SHAPE_INT, "MaximumRetryAttempts", .min = 0, .max = 2),
    OUT(SHAPE_INT, "MaximumEventAgeInSeconds", .min = 60, .max = 21600),
    SHAPE_END,
};

static const struct shape_row in[] = {
    IN_STR(put_function_in, name, "FunctionName", .flags = SHAPE_REQ, .min = 1, .max = 64),
    IN_STR(put_function_in, runtime, "Runtime", .flags = SHAPE_REQ),
    IN_STR(put_function_in, handler, "Handler", .flags = SHAPE_REQ, .min = 1, .max = 128),
    IN_STR(put_function_in, folder, "CodeFolder"),
    IN_STR(put_function_in, inline_code, "InlineCode"),
    IN_STR(put_function_in, version, "Version"),
    IN_STR(put_function_in, description, "Description", .max = 256),
    IN_STR(put_function_in, role, "Role"),
    IN_INT(put_function_in, timeout_s, "Timeout", .min = 1, .max = 900),
    IN_INT(put_function_in, memory_mb, "MemorySize", .min = 128, .max = 10240),
    IN_INT(put_function_in, reserved, "ReservedConcurrentExecutions", .min = 0, .max = 1000),
    IN_INT(put_function_in, code_size, "CodeSize"),
    IN_STRUCT(put_function_in, environment, "Environment", .of = environment),
    IN_STRUCT(put_function_in, event_invoke, "EventInvokeConfig", .of = event_invoke),
    IN_MAP(put_function_in, tags, "Tags"),
    SHAPE_END,
};

static bool runtime_is_ours(struct str runtime)
{
    return str_is(runtime, "lua5.4") || str_is(runtime, "provided.al2023") || str_is(runtime, "provided.al2");
}

/* Names that Lambda sets itself. */
static bool is_reserved(const char *name)
{
    static const char *const reserved[] = {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    };
    for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++)
        if (strcmp(name, reserved[i]) == 0)
            return true;
    return false;
}

#define NAME_PATTERN "[a-zA-Z]([a-zA-Z0-9_])+"

static bool is_variable_name(const char *name)
{
    const char *p = name;
    while (isalnum((unsigned char)*p) || *p == '_')
        p++;
    return isalpha((unsigned char)*name) && !*p && p - name > 1;
}

#define UNABLE                                                                                               \
    "Lambda was unable to configure your environment variables because the environment variables you have "  \
    "provided "

static enum op_end check_variables(struct call *c, const cJSON *env)
{
    const cJSON *variables = cJSON_GetObjectItemCaseSensitive(env, "Variables"), *v;
    size_t bytes = 0;
    cJSON_ArrayForEach (v, variables) {
        if (is_reserved(v->string))
            return lambda_fail(c, &lambda_invalid,
                               UNABLE "contains reserved keys that are currently not supported for "
                                      "modification. Reserved keys used in this request: %s",
                               v->string);
        if (!is_variable_name(v->string))
            return lambda_fail(c, &lambda_invalid,
                               "Environment variable '%s': Map keys must satisfy constraint: [Member must "
                               "satisfy regular expression pattern: " NAME_PATTERN "]",
                               v->string);
        bytes += strlen(v->string) + json_text(v).n;
    }
    if (bytes > 4096)
        return lambda_fail(c, &lambda_invalid, UNABLE "exceeded the 4KB limit.");
    return OP_DONE;
}

static enum op_end check(struct call *c, const struct put_function_in *req)
{
    if (!runtime_is_ours(req->runtime))
        return lambda_fail(c, &lambda_invalid,
                           "Runtime %.*s is not supported by tidepool yet: use provided.al2023 or lua5.4",
                           STR_ARG(req->runtime));
    if (!req->folder.n == !req->inline_code.n)
        return lambda_fail(c, &lambda_invalid,
                           "Please provide a source for function code: CodeFolder or InlineCode.");
    return check_variables(c, req->environment);
}

static void set_or_drop(cJSON *row, const char *name, cJSON *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(row, name);
    if (value)
        cJSON_AddItemToObject(row, name, value);
}

static cJSON *new_row(struct call *c, struct str arn)
{
    cJSON *row = cJSON_CreateObject();
    cJSON_AddStringToObject(row, "Arn", arena_z(&c->arena, arn));
    cJSON_AddStringToObject(row, "Account", arena_z(&c->arena, c->account));
    cJSON_AddStringToObject(row, "Region", arena_z(&c->arena, c->region));
    return row;
}

static cJSON *event_row(struct call *c, const cJSON *event_config)
{
    if (!event_config)
        return NULL;
    cJSON *o = json_copy(event_config);
    cJSON_AddNumberToObject(o, "LastModified", (double)(c->now / 1000));
    return o;
}

static struct function *write_row(struct call *c, const struct function *old, struct str arn,
                                  const struct put_function_in *req)
{
    if (!function_may_reserve(c, old, req->reserved))
        return NULL;
    cJSON *row = old ? function_edit(old) : new_row(c, arn);
    set_or_drop(row, "Put", json_copy(c->in));
    set_or_drop(row, "Reserved", req->reserved < 0 ? NULL : cJSON_CreateNumber((double)req->reserved));
    set_or_drop(row, "EventInvoke", event_row(c, req->event_invoke));
    return function_save(c, row);
}

static enum op_end run(struct call *c, const void *input)
{
    const struct put_function_in *req = input;
    enum op_end checked = check(c, req);
    if (checked != OP_DONE)
        return checked;
    struct str resource = arena_printf(&c->arena, "function:%.*s", STR_ARG(req->name));
    struct str arn = arn_make(&c->arena, "lambda", c->region, c->account, resource);
    struct function *f = function_at(lambda_of(c->world), arn);
    bool same = f && json_equal(cJSON_GetObjectItemCaseSensitive(f->row, "Put"), c->in);
    if (!same && !(f = write_row(c, f, arn, req)))
        return OP_FAULT;
    cJSON *out = call_out(c);
    cJSON_AddStringToObject(out, "FunctionName", f->name.p);
    cJSON_AddStringToObject(out, "FunctionArn", f->arn.p);
    return OP_DONE;
}

const struct op_row lambda_put_function = {
    .name = "PutFunction",
    .run = run,
    .in = in,
    .in_size = sizeof(struct put_function_in),
    .flags = OP_INTERNAL,
};
