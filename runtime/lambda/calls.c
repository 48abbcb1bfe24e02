#include "calls.h"
#include "base/json.h"
#include "core/child.h"
#include "core/conf.h"
#include "door/door.h"
#include "fetch.h"
#include "home.h"
#include "lambda.h"
#include <stdio.h>
#include <stdlib.h>

#define CALLS_MAX 128 /* of one handler at a time */

/* Who waits for the answer of a call; in the call's arena, or alone for a fetch. */
struct handler_call {
    struct list link;      /* in its flight's calls */
    struct flight *flight; /* NULL: nobody waits any more */
    uint64_t number;       /* the handler's */
    struct call *call;     /* one of */
    struct fetch *fetch;
};

static void answer(struct flight *x, uint64_t number, int status, struct str body, struct str code,
                   struct str text)
{
    x->home->kind->answer(x->home, x->id, number, status, body, code, text);
}

static void refuse(struct flight *x, uint64_t number, int status, struct str code, struct str text)
{
    answer(x, number, status, STR_NONE, code, text);
}

/* A raw body (Lambda's Payload) stands among the other members, as SDKs show it. */
static void add_payload(struct call *c)
{
    cJSON_AddStringToObject(call_out(c), "Payload", buf_zstr(&c->payload_out));
}

/* In the JSON protocols a raw body is the whole answer, already written. */
static bool is_whole_answer(const struct call *c)
{
    return c->payload_set && (c->service->wires & (WIRE_JSON10 | WIRE_JSON11));
}

static void answer_success(struct flight *x, uint64_t number, struct call *c)
{
    if (is_whole_answer(c)) {
        answer(x, number, 200, buf_view(&c->payload_out), STR_NONE, STR_NONE);
        return;
    }
    if (c->payload_set)
        add_payload(c);
    if (!c->out) {
        answer(x, number, 200, STR("{}"), STR_NONE, STR_NONE);
        return;
    }
    struct buf *text = &c->payload_out; /* it has been read */
    buf_clear(text);
    json_print(text, c->out);
    if (text->full)
        refuse(x, number, 413, STR("ResponseTooLarge"), STR("the answer is larger than 16 MB"));
    else
        answer(x, number, 200, buf_view(text), STR_NONE, STR_NONE);
}

static void answer_fault(struct flight *x, uint64_t number, struct call *c)
{
    struct buf *extra = &c->payload_out;
    buf_clear(extra);
    if (c->fault_extra)
        json_print(extra, c->fault_extra);
    answer(x, number, c->fault->http, c->fault_extra ? buf_view(extra) : STR_NONE, str_z(c->fault->code),
           c->fault_text);
}

static void stop_waiting(struct handler_call *h)
{
    struct flight *x = h->flight;
    list_del(&h->link);
    h->flight = NULL;
    if (--x->call_count == 0 && x->home)
        x->home->waiting--;
}

static void on_end(struct call *c)
{
    struct handler_call *h = c->asker;
    struct flight *x = h->flight;
    if (x) {
        stop_waiting(h);
        if (c->fault)
            answer_fault(x, h->number, c);
        else
            answer_success(x, h->number, c);
    }
    call_free(c);
}

static struct call *open_call(struct flight *x, struct str service, struct str operation)
{
    char service_z[32], operation_z[96];
    struct call *c = door_open(x->call->world, x->call, str_copy(service, service_z, sizeof(service_z)),
                               str_copy(operation, operation_z, sizeof(operation_z)));
    if (c && (c->op->flags & OP_INTERNAL)) {
        call_free(c);
        return NULL;
    }
    return c;
}

static void wait_for(struct flight *x, uint64_t number, struct handler_call *h)
{
    h->flight = x;
    h->number = number;
    list_push(&x->calls, &h->link);
    if (x->call_count++ == 0)
        x->home->waiting++;
}

static void submit(struct flight *x, uint64_t number, struct call *c, cJSON *in, bool zeros)
{
    struct handler_call *h = arena_zalloc(&c->arena, sizeof(*h));
    h->call = c;
    wait_for(x, number, h);
    c->from = CALL_LUA;
    c->in = in;
    c->zeros = zeros;
    c->asker = h;
    c->on_end = on_end;
    door_submit(c);
}

static void fetched(void *arg, const cJSON *out, const char *why)
{
    struct handler_call *h = arg;
    struct flight *x = h->flight;
    stop_waiting(h);
    if (out) {
        struct buf text;
        buf_init(&text, FRAME_MAX);
        json_print(&text, out);
        answer(x, h->number, 200, buf_view(&text), STR_NONE, STR_NONE);
        buf_release(&text);
    } else {
        refuse(x, h->number, 502, STR("HttpError"), str_z(why));
    }
    free(h);
}

static void fetch(struct flight *x, uint64_t number, const cJSON *in)
{
    struct handler_call *h = xcalloc(1, sizeof(*h));
    const char *why;
    h->fetch = fetch_begin(x->call->world, in, fetched, h, &why);
    if (h->fetch) {
        wait_for(x, number, h);
        return;
    }
    free(h);
    refuse(x, number, 400, STR("HttpError"), str_z(why));
}

static void refuse_unknown(struct flight *x, uint64_t number, struct str service, struct str operation)
{
    char text[160];
    snprintf(text, sizeof(text), "%.*s.%.*s is not an operation that tidepool knows", STR_ARG(service),
             STR_ARG(operation));
    refuse(x, number, 400, STR("UnknownOperationException"), str_z(text));
}

/* The worker is ours; what its handler hands over is not: a frame is a ceiling. */
static const struct json_limits input_limits = {.bytes = FRAME_MAX, .nodes = JSON_NODES_MAX};

/* tidepool's own operations are for the person in front of it: a handler could wipe the world that it runs
 * in.  Asked of the service that was found: a name that a handler says may be found under another spelling.
 */
static bool may_use(const struct flight *x, const struct call *c)
{
    const struct conf *conf = x->call->world->conf;
    return strcmp(c->service->name, "tidepool") != 0 || (conf && conf->allow_control);
}

static struct call *refuse_control(struct flight *x, uint64_t number, struct call *c)
{
    call_free(c);
    refuse(x, number, 403, STR("AccessDeniedException"),
           STR("aws.tidepool is open to handlers only with --allow-control"));
    return NULL;
}

void calls_open(struct flight *x, uint64_t number, struct str service, struct str operation, struct str input)
{
    if (x->call_count >= CALLS_MAX) {
        refuse(x, number, 429, STR("TooManyRequestsException"),
               STR("more than 128 calls of one invocation are in flight"));
        return;
    }
    struct json_report report;
    cJSON *in = json_tree_within(input, &input_limits, &report);
    struct call *c = NULL;
    if (!cJSON_IsObject(in))
        refuse(x, number, 400, STR("SerializationException"), STR("the input is not a JSON object"));
    else if (str_is(service, "http") && str_is(operation, "Request"))
        fetch(x, number, in);
    else if (!(c = open_call(x, service, operation)))
        refuse_unknown(x, number, service, operation);
    else if (!may_use(x, c))
        c = refuse_control(x, number, c);
    else
        submit(x, number, c, in, report.zeros);
    if (!c)
        cJSON_Delete(in);
}

void calls_leave(struct flight *x)
{
    while (!list_empty(&x->calls)) {
        struct handler_call *h = list_of(x->calls.next, struct handler_call, link);
        stop_waiting(h);
        if (h->call) {
            call_cancel(h->call);
        } else {
            fetch_leave(h->fetch);
            free(h);
        }
    }
}
