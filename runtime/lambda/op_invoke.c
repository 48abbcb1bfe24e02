/* Invoke: runs a function now (RequestResponse), later (Event), or not at all (DryRun).
 *
 * The network and Lua hand over a tree and a payload; insiders a struct invoke_in (door/invoke.h).  A
 * function that fails is a successful call, marked by FunctionError. */
#include "async.h"
#include "base/codec.h"
#include "base/json.h"
#include "dispatch.h"
#include "door/invoke.h"
#include "door/proxy.h"
#include "model.h"
#include "names.h"
#include "report.h"

struct invoke_request {
    struct str function, qualifier, type, log_type, client_context, durable_name, tenant;
    const cJSON *payload; /* from Lua: text, or a value */
};

static const char *const types[] = {"Event", "RequestResponse", "DryRun", NULL};
static const char *const log_types[] = {"None", "Tail", NULL};

static const struct shape_row in[] = {
    IN_FUNCTION(invoke_request),
    IN_QUALIFIER(invoke_request),
    IN_STR(invoke_request, type, "InvocationType", .flags = SHAPE_IN_HEADER, .one_of = types,
           .wire = "X-Amz-Invocation-Type"),
    IN_STR(invoke_request, log_type, "LogType", .flags = SHAPE_IN_HEADER, .one_of = log_types,
           .wire = "X-Amz-Log-Type"),
    IN_STR(invoke_request, client_context, "ClientContext", .flags = SHAPE_IN_HEADER,
           .wire = "X-Amz-Client-Context"),
    IN_STR(invoke_request, durable_name, "DurableExecutionName", .flags = SHAPE_IN_HEADER, .min = 1,
           .max = 64, .wire = "X-Amz-Durable-Execution-Name"),
    IN_STR(invoke_request, tenant, "TenantId", .flags = SHAPE_IN_HEADER, .min = 1, .max = 256,
           .wire = "X-Amz-Tenant-Id"),
    IN_TREE(invoke_request, payload, "Payload", .flags = SHAPE_PAYLOAD),
    SHAPE_END,
};

static const struct shape_row out[] = {
    OUT(SHAPE_INT, "StatusCode", .flags = SHAPE_IN_STATUS),
    OUT(SHAPE_STR, "FunctionError", .flags = SHAPE_IN_HEADER, .wire = "X-Amz-Function-Error"),
    OUT(SHAPE_STR, "LogResult", .flags = SHAPE_IN_HEADER, .wire = "X-Amz-Log-Result"),
    OUT(SHAPE_STR, "ExecutedVersion", .flags = SHAPE_IN_HEADER, .wire = "X-Amz-Executed-Version"),
    OUT(SHAPE_BLOB, "Payload", .flags = SHAPE_PAYLOAD),
    SHAPE_END,
};

/* --- the answer */

static void answer_tree(struct call *c, int status)
{
    c->status = status;
    cJSON_AddNumberToObject(call_out(c), "StatusCode", status);
    if (status == 200)
        cJSON_AddStringToObject(c->out, "ExecutedVersion", "$LATEST");
}

static void add_tail(struct call *c, const struct buf *tail)
{
    struct buf text;
    buf_init(&text, 2 * REPORT_TAIL);
    codec_base64(&text, report_tail(tail));
    cJSON_AddStringToObject(c->out, "LogResult", buf_zstr(&text));
    buf_release(&text);
}

static void landed(struct flight *x, const struct landing *how)
{
    struct call *c = x->call;
    struct invoke_in *typed = c->typed;
    if (how->broke && c->world->stopping) {
        call_fail(c, &fault_service_down, NULL);
    } else if (how->broke && how->why) {
        call_fail(c, &lambda_service_failed, "%s", how->why);
    } else if (how->broke) {
        call_broke(c, RC_FULL);
    } else {
        buf_str(&c->payload_out, how->payload);
        c->payload_set = true;
        if (!typed)
            answer_tree(c, 200);
        if (!typed && how->failed)
            cJSON_AddStringToObject(c->out, "FunctionError", "Unhandled");
        if (x->tail)
            add_tail(c, x->tail);
    }
    if (typed) {
        typed->function_error = how->failed ? STR("Unhandled") : STR_NONE;
        typed->request_id = str_z(c->request_id);
        typed->started_us = x->started_us;
    }
    if (x->tail)
        buf_release(x->tail);
    call_finish(c);
}

/* --- the ways to run it */

static enum op_end run_now(struct call *c, struct function *f, struct flight *x)
{
    struct lambda *room = lambda_of(c->world);
    const char *reason = dispatch_throttle(room, f);
    if (reason) {
        c->fault_extra = cJSON_CreateObject();
        cJSON_AddStringToObject(c->fault_extra, "Reason", reason);
        return lambda_fail(c, &lambda_too_many, "Rate Exceeded.");
    }
    x->call = c;
    x->landed = landed;
    dispatch_fly(room->dispatch, f, x);
    return OP_FORWARD;
}

static enum op_end run_later(struct call *c, const struct function *f, struct str payload, struct str source)
{
    enum rc rc = async_put(c, f, payload, source);
    if (rc != RC_OK)
        return call_broke(c, rc);
    c->payload_set = true;
    return OP_DONE;
}

/* A stored event is text, whatever it came as. */
static struct str event_text(struct call *c, const struct invoke_in *typed)
{
    if (!typed->proxy)
        return typed->payload;
    struct buf text;
    buf_init(&text, LAMBDA_SYNC_PAYLOAD);
    proxy_event_json(typed->proxy, &text);
    struct str kept = arena_str(&c->arena, buf_view(&text));
    buf_release(&text);
    return kept;
}

static enum op_end run_typed(struct call *c)
{
    struct invoke_in *typed = c->typed;
    struct function *f = function_find(c, typed->function, STR_NONE);
    if (!f)
        return OP_FAULT;
    typed->request_id = str_z(c->request_id);
    if (typed->event)
        return run_later(c, f, event_text(c, typed), typed->source);
    struct flight *x = arena_zalloc(&c->arena, sizeof(*x));
    x->payload = typed->payload;
    x->proxy = typed->proxy;
    return run_now(c, f, x);
}

/* --- the request of the network and of Lua */

#define NO_JSON "Could not parse request body into json: Could not parse payload into json: "

static bool is_json(struct call *c, struct str text)
{
    struct json_reader r = json_reader(text, &c->arena);
    json_raw(&r);
    return json_done(&r) && codec_utf8_valid(text);
}

/* The text that stands where a JSON value should. */
static struct str json_rest(struct call *c, struct str text)
{
    struct json_reader r = json_reader(text, &c->arena);
    json_raw(&r);
    const char *end = r.bad ? r.bad_at : r.at;
    return str_trim(str_sub(text, (size_t)(end - text.p), text.n));
}

static enum op_end check_json(struct call *c, struct str payload)
{
    if (is_json(c, payload))
        return OP_DONE;
    struct str rest = json_rest(c, payload);
    if (rest.n == 0)
        return lambda_fail(c, &lambda_invalid_content, NO_JSON "Unexpected end-of-input");
    unsigned char wrong = (unsigned char)*rest.p;
    if (wrong >= 0x80)
        return lambda_fail(c, &lambda_invalid_content, NO_JSON "Invalid UTF-8 start byte 0x%02x", wrong);
    return lambda_fail(c, &lambda_invalid_content,
                       NO_JSON "Unexpected character ('%c' (code %d)): expected a valid value (JSON String, "
                               "Number, Array, Object or token 'null', 'true' or 'false')",
                       wrong, wrong);
}

static enum op_end check_size(struct call *c, struct str payload, bool event)
{
    if (event && payload.n > LAMBDA_ASYNC_PAYLOAD)
        return lambda_fail(c, &lambda_too_large,
                           "%zu byte payload is too large for the Event invocation type (limit %d bytes)",
                           payload.n, LAMBDA_ASYNC_PAYLOAD);
    if (payload.n > LAMBDA_SYNC_PAYLOAD)
        return lambda_fail(c, &lambda_too_large,
                           "Request must be smaller than %d bytes for the InvokeFunction operation",
                           LAMBDA_SYNC_PAYLOAD);
    return OP_DONE;
}

/* Lua may hand over a value in place of text. */
static struct str payload_text(struct call *c, const struct invoke_request *req)
{
    if (!req->payload)
        return c->payload.n ? c->payload : STR("{}");
    struct str text = json_text(req->payload);
    if (text.p)
        return text.n ? text : STR("{}");
    struct buf printed;
    buf_init(&printed, 2 * LAMBDA_SYNC_PAYLOAD);
    json_print(&printed, req->payload);
    struct str kept = arena_str(&c->arena, buf_view(&printed));
    buf_release(&printed);
    return kept;
}

/* Base64 of JSON; *json stays absent when none was sent. */
static bool read_client_context(struct call *c, struct str header, struct str *json)
{
    if (!header.n)
        return true;
    struct buf text;
    buf_init(&text, 8192);
    bool ok = codec_unbase64(&text, header) && !text.full && is_json(c, buf_view(&text));
    if (ok)
        *json = arena_str(&c->arena, buf_view(&text));
    buf_release(&text);
    return ok;
}

static enum op_end refuse_unsupported(struct call *c, const struct invoke_request *req)
{
    const char *what = req->durable_name.p ? "DurableExecutionName" : req->tenant.p ? "TenantId" : NULL;
    return what ? lambda_fail(c, &lambda_invalid, "%s is not supported by tidepool yet", what) : OP_DONE;
}

static struct buf *new_tail(struct call *c, const struct invoke_request *req)
{
    if (!str_is(req->log_type, "Tail"))
        return NULL;
    struct buf *tail = arena_alloc(&c->arena, sizeof(*tail));
    buf_init(tail, 4 * REPORT_TAIL);
    return tail;
}

static enum op_end run(struct call *c, const void *input)
{
    if (!input)
        return run_typed(c);
    const struct invoke_request *req = input;
    struct str payload = payload_text(c, req);
    bool event = str_is(req->type, "Event");
    struct flight *x = arena_zalloc(&c->arena, sizeof(*x));
    if (refuse_unsupported(c, req) != OP_DONE || check_size(c, payload, event) != OP_DONE ||
        check_json(c, payload) != OP_DONE)
        return OP_FAULT;
    struct function *f = function_find(c, req->function, req->qualifier);
    if (!f)
        return OP_FAULT;
    if (!read_client_context(c, req->client_context, &x->client_context))
        return lambda_fail(c, &lambda_invalid_content,
                           "Client context must be a valid Base64-encoded JSON object.");
    if (str_is(req->type, "DryRun")) {
        answer_tree(c, 204);
        return OP_DONE;
    }
    if (event) {
        answer_tree(c, 202);
        return run_later(c, f, payload, STR_NONE);
    }
    x->payload = payload;
    x->tail = new_tail(c, req);
    return run_now(c, f, x);
}

const struct op_row lambda_invoke = {
    .name = "Invoke",
    .run = run,
    .in = in,
    .in_size = sizeof(struct invoke_request),
    .out = out,
    .flags = OP_TYPED | OP_QUIET | OP_DELIVERS, /* the invocation leaves its own events */
    .http = "POST /2015-03-31/functions/{FunctionName}/invocations",
};
