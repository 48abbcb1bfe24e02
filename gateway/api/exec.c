/* execute-api:Handle: the story of one request.  Its steps are in step_*.c, event.c and respond.c. */
#include "exec.h"

#include "api.h"
#include "cors.h"
#include "door/door.h"
#include "door/trace.h"

#define HEADERS_MAX 10240
#define BODY_MAX (10u << 20)

static enum exec_step (*const steps[])(struct exec *) = {step_route, step_key, step_throttle, step_invoke};

void exec_header(struct exec *x, struct str name, struct str value)
{
    http_header_add(&x->in->reply.headers, &x->call->arena, name, value);
}

/* --- the answer --------------------------------------------------------------------------------------- */

/* Looks like AWS's: 15 characters and '='. */
static struct str extended_id(struct call *c)
{
    char *id = arena_alloc(&c->arena, 16);
    size_t n = 0;
    for (const char *p = c->request_id; n < 15; p++)
        if (*p != '-')
            id[n++] = *p;
    id[15] = '=';
    return str_n(id, 16);
}

struct str exec_trace(struct call *c)
{
    size_t n = strlen(c->trace_id);
    char *text = arena_alloc(&c->arena, n + 5);
    memcpy(text, "Root=", 5);
    memcpy(text + 5, c->trace_id, n);
    return str_n(text, n + 5);
}

static void own_headers(struct exec *x)
{
    if (x->api && !x->api->rest) {
        exec_header(x, STR("apigw-requestid"), x->extended_id);
        return;
    }
    exec_header(x, STR("x-amzn-RequestId"), str_n(x->call->request_id, IDENT_UUID_SIZE - 1));
    exec_header(x, STR("x-amz-apigw-id"), x->extended_id);
    if (!x->reason.p)
        exec_header(x, STR("X-Amzn-Trace-Id"), exec_trace(x->call));
}

/* "GET /orders", cut to fit. */
static struct str event_name(const struct http_request *http, char *out, size_t size)
{
    size_t n = http->method.n < 32 ? http->method.n : 32, rest = size - n - 1;
    size_t m = http->path.n < rest ? http->path.n : rest;
    memcpy(out, http->method.p, n);
    out[n] = ' ';
    memcpy(out + n + 1, http->path.p, m);
    return str_n(out, n + 1 + m);
}

static void leave_event(struct exec *x)
{
    char name[300];
    struct call *c = x->call;
    trace_add(c->world, &(struct trace_event){
                            .kind = TRACE_HTTP,
                            .at_us = c->began_us,
                            .took_us = clock_now_us(&c->world->clock) - c->began_us,
                            .id = str_n(c->request_id, IDENT_UUID_SIZE - 1),
                            .causes = c->causes,
                            .trace_id = str_n(c->trace_id, TRACE_ID_SIZE - 1),
                            .what = event_name(x->http, name, sizeof name),
                            .detail = x->reason.p ? x->reason : STR(""),
                            .status = x->in->reply.status,
                            .also = x->extended_id,
                        });
}

/* The reply is written: what every answer carries. */
static void answered(struct exec *x)
{
    own_headers(x);
    if (x->api && !x->api->rest)
        cors_apply(&x->api->cors, x->http, &x->in->reply, &x->call->arena, x->preflight);
    x->in->reply.head_only = str_is(x->http->method, "HEAD");
    leave_event(x);
    if (x->api)
        api_let(x->api);
    x->api = NULL;
}

/* --- INVOKE and what comes back ------------------------------------------------------------------------ */

static void invocation_ended(struct call *k)
{
    struct exec *x = k->asker;
    timer_stop(x->call->world->timers, &x->timeout);
    respond(x, k->typed, k);
    answered(x);
    x->invocation = NULL;
    struct call *c = x->call;
    call_finish(c);
    call_free(k);
}

/* The integration's time is up.  The function goes on, unheard, with a copy of its event. */
static void invocation_late(struct timer *t)
{
    struct exec *x = list_of(t, struct exec, timeout);
    struct call *k = x->invocation;
    const struct invoke_in *in = k->typed;
    event_keep((struct proxy_event *)in->proxy, &k->arena);
    k->asker = NULL;
    k->on_end = call_free;
    call_cancel(k);
    exec_refuse(x, &refuse_timeout, "the function did not answer within %.2f seconds",
                (double)x->route->timeout_ms / 1000.0);
    answered(x);
    call_finish(x->call);
}

static enum exec_step answer_mock(struct exec *x, const struct mock *mock)
{
    x->in->reply = (struct http_reply){.status = 200, .body = STR("{}\n")};
    for (size_t i = 0; i < mock->n; i++)
        exec_header(x, mock->headers[i].name, mock->headers[i].value);
    return STEP_ANSWERED;
}

enum exec_step step_invoke(struct exec *x)
{
    struct call *c = x->call;
    if (x->route->mock)
        return answer_mock(x, x->route->mock);
    struct call *k = door_open(c->world, c, "lambda", "Invoke");
    if (!k)
        return exec_refuse(x, &refuse_no_function, "there is no service \"lambda\"");
    struct invoke_in *in = arena_zalloc(&k->arena, sizeof *in);
    in->function = x->route->function;
    in->source = x->route->source;
    in->proxy = event_make(x, &k->arena);
    k->typed = in;
    k->asker = x;
    k->on_end = invocation_ended;
    x->invocation = k;
    x->timeout.fire = invocation_late;
    timer_set(c->world->timers, &x->timeout, c->now + x->route->timeout_ms);
    door_submit(k);
    return STEP_WAITING;
}

/* --- Handle ------------------------------------------------------------------------------------------- */

static bool head_fits(const struct http_request *http)
{
    size_t n = 0;
    for (size_t i = 0; i < http->headers.n; i++)
        n += http->headers.list[i].name.n + http->headers.list[i].value.n;
    return n <= HEADERS_MAX;
}

static enum exec_step run_steps(struct exec *x)
{
    if (!x->api)
        return exec_refuse(x, &refuse_no_api, "there is no API %.*s", STR_ARG(x->in->api_id));
    if (!head_fits(x->http))
        return exec_refuse(x, &refuse_head_size, "the headers have more than %d bytes", HEADERS_MAX);
    if (x->http->body.n > BODY_MAX)
        return exec_refuse(x, &refuse_body_size, "the body has %zu bytes; at most %u are allowed",
                           x->http->body.n, BODY_MAX);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        enum exec_step step = steps[i](x);
        if (step != STEP_NEXT)
            return step;
    }
    BUG("the last step passed a request on");
}

static enum op_end run(struct call *c, const void *none)
{
    (void)none;
    struct gateway *g = gateway_of(c->world);
    struct handle_in *in = c->typed;
    if (!in)
        return call_fail(c, &fault_validation, "Handle takes a parsed request, not a tree.");
    enum rc rc = gateway_loaded(g);
    if (rc != RC_OK)
        return call_broke(c, rc);

    struct exec *x = arena_zalloc(&c->arena, sizeof *x);
    x->call = c, x->gateway = g, x->in = in, x->http = in->http;
    x->api = map_get(&g->apis, in->api_id);
    if (x->api)
        api_hold(x->api);
    x->extended_id = extended_id(c);
    call_trace(c, http_header_get(&in->http->headers, "x-amzn-trace-id"));
    if (run_steps(x) == STEP_WAITING)
        return OP_FORWARD;
    answered(x);
    return OP_DONE;
}

const struct op_row api_handle = {.name = "Handle", .run = run, .flags = OP_INTERNAL | OP_TYPED | OP_QUIET};
