#include "lambda/wire.h"

#include "base/json.h"

#define AUTHORIZER_MAX (1u << 20)

/* --- parts --------------------------------------------------------------------------------------------- */

static void put_pairs(struct buf *b, const struct proxy_pair *pairs, size_t n)
{
    frame_i64(b, (int64_t)n);
    for (size_t i = 0; i < n; i++) {
        frame_str(b, pairs[i].name);
        frame_str(b, pairs[i].value);
    }
}

/* A count that the rest of the frame can hold: each element takes at least `size` bytes. */
static size_t take_count(struct frame *f, size_t size)
{
    int64_t n = frame_take_i64(f);
    if (n < 0 || (uint64_t)n > f->rest.n / size) {
        f->bad = true;
        return 0;
    }
    return (size_t)n;
}

#define PAIR_MIN 8 /* two lengths */

static const struct proxy_pair *take_pairs(struct frame *f, struct arena *a, size_t *n)
{
    *n = take_count(f, PAIR_MIN);
    if (*n == 0)
        return NULL;
    struct proxy_pair *pairs = arena_alloc(a, *n * sizeof(*pairs));
    for (size_t i = 0; i < *n; i++) {
        pairs[i].name = frame_take_str(f);
        pairs[i].value = frame_take_str(f);
    }
    return pairs;
}

static void put_http(struct buf *b, const struct http_request *http)
{
    frame_str(b, http->method);
    frame_str(b, http->query);
    frame_i64(b, http->minor);
    frame_str(b, http->remote);
    frame_i64(b, (int64_t)http->headers.n);
    for (size_t i = 0; i < http->headers.n; i++) {
        frame_str(b, http->headers.list[i].name);
        frame_str(b, http->headers.list[i].value);
    }
}

static const struct http_request *take_http(struct frame *f, struct arena *a)
{
    struct http_request *http = arena_zalloc(a, sizeof(*http));
    http->method = frame_take_str(f);
    http->query = frame_take_str(f);
    http->minor = (int)frame_take_i64(f);
    http->remote = frame_take_str(f);
    size_t n = take_count(f, PAIR_MIN);
    http->headers.list = arena_alloc(a, n * sizeof(*http->headers.list));
    http->headers.n = http->headers.cap = n;
    for (size_t i = 0; i < n; i++) {
        http->headers.list[i].name = frame_take_str(f);
        http->headers.list[i].value = frame_take_str(f);
    }
    return http;
}

static void put_tree(struct buf *b, const cJSON *tree)
{
    if (!tree) {
        frame_str(b, STR_NONE);
        return;
    }
    struct buf text;
    buf_init(&text, AUTHORIZER_MAX);
    json_print(&text, tree);
    if (text.full)
        b->full = true;
    else
        frame_str(b, buf_view(&text));
    buf_release(&text);
}

static cJSON *take_tree(struct frame *f)
{
    struct str text = frame_take_str(f);
    if (!text.p)
        return NULL;
    cJSON *tree = json_tree(text);
    if (!tree)
        f->bad = true;
    return tree;
}

/* The text fields of a proxy event, in the order in which they cross. */
static const size_t proxy_texts[] = {
    offsetof(struct proxy_event, resource),    offsetof(struct proxy_event, route_key),
    offsetof(struct proxy_event, path),        offsetof(struct proxy_event, stage),
    offsetof(struct proxy_event, api_id),      offsetof(struct proxy_event, account),
    offsetof(struct proxy_event, region),      offsetof(struct proxy_event, domain),
    offsetof(struct proxy_event, request_id),  offsetof(struct proxy_event, resource_id),
    offsetof(struct proxy_event, extended_id), offsetof(struct proxy_event, api_key),
    offsetof(struct proxy_event, api_key_id),  offsetof(struct proxy_event, body),
    offsetof(struct proxy_event, path_sent),   offsetof(struct proxy_event, deployment_id),
};
#define PROXY_TEXTS (sizeof(proxy_texts) / sizeof(proxy_texts[0]))

static void put_proxy(struct buf *b, const struct proxy_event *e)
{
    frame_i64(b, e->format);
    frame_i64(b, e->rest);
    put_http(b, e->http);
    for (size_t i = 0; i < PROXY_TEXTS; i++)
        frame_str(b, *(const struct str *)(const void *)((const char *)e + proxy_texts[i]));
    frame_i64(b, e->body_base64);
    frame_i64(b, e->time);
    put_pairs(b, e->path_parameters, e->path_parameter_count);
    put_pairs(b, e->stage_variables, e->stage_variable_count);
    put_tree(b, e->authorizer);
}

static const struct proxy_event *take_proxy(struct frame *f, struct arena *a)
{
    struct proxy_event *e = arena_zalloc(a, sizeof(*e));
    e->format = (int)frame_take_i64(f);
    e->rest = frame_take_i64(f) != 0;
    e->http = take_http(f, a);
    for (size_t i = 0; i < PROXY_TEXTS; i++)
        *(struct str *)(void *)((char *)e + proxy_texts[i]) = frame_take_str(f);
    e->body_base64 = frame_take_i64(f) != 0;
    e->time = frame_take_i64(f);
    e->path_parameters = take_pairs(f, a, &e->path_parameter_count);
    e->stage_variables = take_pairs(f, a, &e->stage_variable_count);
    e->authorizer = take_tree(f);
    return e;
}

/* --- main to worker ------------------------------------------------------------------------------------ */

/* The text fields of a spec, in the order in which they cross. */
static const size_t spec_texts[] = {
    offsetof(struct function_spec, name),     offsetof(struct function_spec, arn),
    offsetof(struct function_spec, version),  offsetof(struct function_spec, handler),
    offsetof(struct function_spec, folder),   offsetof(struct function_spec, inline_code),
    offsetof(struct function_spec, region),   offsetof(struct function_spec, account),
    offsetof(struct function_spec, endpoint), offsetof(struct function_spec, log_stream),
};
#define SPEC_TEXTS (sizeof(spec_texts) / sizeof(spec_texts[0]))

bool wire_put_spec(struct buf *b, const struct function_spec *s)
{
    size_t at = frame_begin(b, FRAME_SPEC);
    for (size_t i = 0; i < SPEC_TEXTS; i++)
        frame_str(b, *(const struct str *)(const void *)((const char *)s + spec_texts[i]));
    frame_i64(b, s->memory_mb);
    frame_i64(b, s->timeout_ms);
    frame_i64(b, (int64_t)s->seed);
    put_pairs(b, s->variables, s->variable_count);
    return frame_end(b, at);
}

bool wire_take_spec(struct frame *f, struct arena *a, struct function_spec *s)
{
    for (size_t i = 0; i < SPEC_TEXTS; i++)
        *(struct str *)(void *)((char *)s + spec_texts[i]) = frame_take_str(f);
    s->memory_mb = frame_take_i64(f);
    s->timeout_ms = frame_take_i64(f);
    s->seed = (uint64_t)frame_take_i64(f);
    s->variables = take_pairs(f, a, &s->variable_count);
    return !f->bad;
}

bool wire_put_clock(struct buf *b, const struct clock *c)
{
    size_t at = frame_begin(b, FRAME_CLOCK);
    frame_str(b, str_n(c, sizeof(*c)));
    return frame_end(b, at);
}

bool wire_take_clock(struct frame *f, struct clock *c)
{
    struct str bytes = frame_take_str(f);
    if (bytes.n != sizeof(*c))
        return false;
    memcpy(c, bytes.p, sizeof(*c));
    return true;
}

bool wire_put_invocation(struct buf *b, const struct invocation *in)
{
    size_t at = frame_begin(b, FRAME_INVOKE);
    frame_i64(b, (int64_t)in->id);
    frame_str(b, in->request_id);
    frame_str(b, in->trace_id);
    frame_i64(b, in->deadline_us);
    frame_i64(b, in->budget_us);
    frame_str(b, in->client_context);
    frame_str(b, in->proxy ? STR_NONE : in->event);
    if (in->proxy)
        put_proxy(b, in->proxy);
    return frame_end(b, at);
}

bool wire_take_invocation(struct frame *f, struct arena *a, struct invocation *in)
{
    in->id = (uint64_t)frame_take_i64(f);
    in->request_id = frame_take_str(f);
    in->trace_id = frame_take_str(f);
    in->deadline_us = frame_take_i64(f);
    in->budget_us = frame_take_i64(f);
    in->client_context = frame_take_str(f);
    in->event = frame_take_str(f);
    in->proxy = in->event.p ? NULL : take_proxy(f, a);
    if (f->bad)
        wire_drop_invocation(in);
    return !f->bad;
}

void wire_drop_invocation(struct invocation *in)
{
    if (in->proxy)
        cJSON_Delete((cJSON *)in->proxy->authorizer);
    in->proxy = NULL;
}

bool wire_put_answer(struct buf *b, const struct wire_answer *w)
{
    size_t at = frame_begin(b, FRAME_ANSWER);
    frame_i64(b, (int64_t)w->invocation);
    frame_i64(b, (int64_t)w->call);
    frame_i64(b, w->status);
    frame_str(b, w->body);
    frame_str(b, w->code);
    frame_str(b, w->text);
    return frame_end(b, at);
}

bool wire_take_answer(struct frame *f, struct wire_answer *w)
{
    w->invocation = (uint64_t)frame_take_i64(f);
    w->call = (uint64_t)frame_take_i64(f);
    w->status = (int)frame_take_i64(f);
    w->body = frame_take_str(f);
    w->code = frame_take_str(f);
    w->text = frame_take_str(f);
    return !f->bad;
}

bool wire_put_stop(struct buf *b)
{
    return frame_end(b, frame_begin(b, FRAME_STOP));
}

/* --- worker to main ------------------------------------------------------------------------------------ */

bool wire_put_started(struct buf *b, const struct wire_started *w)
{
    size_t at = frame_begin(b, FRAME_STARTED);
    frame_i64(b, (int64_t)w->invocation);
    frame_i64(b, w->cold);
    frame_i64(b, w->init_us);
    return frame_end(b, at);
}

bool wire_take_started(struct frame *f, struct wire_started *w)
{
    w->invocation = (uint64_t)frame_take_i64(f);
    w->cold = frame_take_i64(f) != 0;
    w->init_us = frame_take_i64(f);
    return !f->bad;
}

bool wire_put_call(struct buf *b, const struct wire_call *w)
{
    size_t at = frame_begin(b, FRAME_CALL);
    frame_i64(b, (int64_t)w->invocation);
    frame_i64(b, (int64_t)w->call);
    frame_str(b, w->service);
    frame_str(b, w->operation);
    frame_str(b, w->input);
    return frame_end(b, at);
}

bool wire_take_call(struct frame *f, struct wire_call *w)
{
    w->invocation = (uint64_t)frame_take_i64(f);
    w->call = (uint64_t)frame_take_i64(f);
    w->service = frame_take_str(f);
    w->operation = frame_take_str(f);
    w->input = frame_take_str(f);
    return !f->bad;
}

bool wire_put_log(struct buf *b, uint64_t invocation, struct str line)
{
    size_t at = frame_begin(b, FRAME_LOG);
    frame_i64(b, (int64_t)invocation);
    frame_str(b, line);
    return frame_end(b, at);
}

bool wire_take_log(struct frame *f, uint64_t *invocation, struct str *line)
{
    *invocation = (uint64_t)frame_take_i64(f);
    *line = frame_take_str(f);
    return !f->bad;
}

bool wire_put_result(struct buf *b, const struct invocation_result *r)
{
    size_t at = frame_begin(b, FRAME_DONE);
    frame_i64(b, (int64_t)r->id);
    frame_str(b, r->payload);
    frame_str(b, r->error);
    frame_i64(b, r->duration_us);
    frame_i64(b, r->init_us);
    frame_i64(b, r->memory_used);
    frame_i64(b, r->discarded);
    return frame_end(b, at);
}

bool wire_take_result(struct frame *f, struct invocation_result *r)
{
    r->id = (uint64_t)frame_take_i64(f);
    r->payload = frame_take_str(f);
    r->error = frame_take_str(f);
    r->duration_us = frame_take_i64(f);
    r->init_us = frame_take_i64(f);
    r->memory_used = frame_take_i64(f);
    r->discarded = frame_take_i64(f);
    return !f->bad;
}
