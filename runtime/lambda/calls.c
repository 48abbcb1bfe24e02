#include "calls.h"
#include "base/json.h"
#include "door/door.h"
#include "home.h"
#include "lambda.h"

#define CALLS_MAX 128 /* of one handler at a time */

/* Who waits for the answer of a call; in the call's arena. */
struct handler_call {
    struct list link;      /* in its flight's calls */
    struct flight *flight; /* NULL: nobody waits any more */
    struct call *call;
    uint64_t number; /* the handler's */
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

static void answer_success(struct flight *x, uint64_t number, struct call *c)
{
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

static void wait_for(struct flight *x, uint64_t number, struct call *c)
{
    struct handler_call *h = arena_zalloc(&c->arena, sizeof(*h));
    h->flight = x;
    h->call = c;
    h->number = number;
    list_push(&x->calls, &h->link);
    if (x->call_count++ == 0)
        x->home->waiting++;
    c->asker = h;
    c->on_end = on_end;
}

void calls_open(struct flight *x, uint64_t number, struct str service, struct str operation, struct str input)
{
    if (x->call_count >= CALLS_MAX) {
        refuse(x, number, 429, STR("TooManyRequestsException"),
               STR("more than 128 calls of one invocation are in flight"));
        return;
    }
    cJSON *in = cJSON_ParseWithLength(input.p, input.n);
    if (!cJSON_IsObject(in)) {
        cJSON_Delete(in);
        refuse(x, number, 400, STR("SerializationException"), STR("the input is not a JSON object"));
        return;
    }
    struct call *c = open_call(x, service, operation);
    if (!c) {
        char text[160];
        snprintf(text, sizeof(text), "%.*s.%.*s is not an operation that tidepool knows", STR_ARG(service),
                 STR_ARG(operation));
        cJSON_Delete(in);
        refuse(x, number, 400, STR("UnknownOperationException"), str_z(text));
        return;
    }
    c->from = CALL_LUA;
    c->in = in;
    wait_for(x, number, c);
    door_submit(c);
}

void calls_leave(struct flight *x)
{
    while (!list_empty(&x->calls)) {
        struct handler_call *h = list_of(x->calls.next, struct handler_call, link);
        stop_waiting(h);
        call_cancel(h->call);
    }
}
