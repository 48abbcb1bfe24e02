/* The request as API Gateway passes it on to a function: without the headers that it keeps for itself, with
 * those that it adds, and all of it text. */
#include "base/codec.h"
#include "exec.h"

/* What the client said of those it came through, and behind it the client itself. */
static struct str forwarded_for(const struct http_request *http, struct arena *a)
{
    struct str before = http_header_get(&http->headers, "x-forwarded-for");
    if (!before.n)
        return http->remote;
    return arena_printf(a, "%.*s, %.*s", STR_ARG(before), STR_ARG(http->remote));
}

/* Each request asks for it: not by printf, which takes longer than the rest of the headers together. */
static struct str port_text(int port, struct arena *a)
{
    return str_u64((uint64_t)port, arena_alloc(a, 20));
}

/* Headers of a request that a REST API never passes on. */
static bool is_kept_back(struct str name)
{
    static const struct str names[] = {
        STR_INIT("te"),
        STR_INIT("expect"),
        STR_INIT("server"),
        STR_INIT("trailer"),
        STR_INIT("upgrade"),
        STR_INIT("connection"),
        STR_INIT("content-md5"),
        STR_INIT("max-forwards"),
        STR_INIT("content-length"),
        STR_INIT("www-authenticate"),
        STR_INIT("transfer-encoding"),
        STR_INIT("proxy-authenticate"),
        STR_INIT("x-http-method-override"),
    };
    return str_ieq_any(name, names, sizeof names / sizeof *names);
}

/* A REST API writes this one name in its own way, whatever the client wrote; others keep their case. */
static struct str passed_name(const struct exec *x, struct str name)
{
    return x->api->rest && str_ieq(name, STR("authorization")) ? STR("Authorization") : name;
}

static void pass_headers(const struct exec *x, struct http_headers *to, struct arena *a)
{
    enum { ADDED = 4 };
    const struct http_headers *from = &x->http->headers;
    *to = (struct http_headers){.cap = from->n + ADDED};
    to->list = arena_alloc(a, to->cap * sizeof *to->list);
    for (size_t i = 0; i < from->n; i++)
        if (!x->api->rest || !is_kept_back(from->list[i].name))
            to->list[to->n++] = (struct http_header){passed_name(x, from->list[i].name),
                                                     codec_utf8_mended(a, from->list[i].value)};
}

/* REST takes ';' in a query for '&'.  ("Important notes for REST APIs") */
static struct str split_query(struct str query, struct arena *a)
{
    if (str_find(query, ';') < 0)
        return query;
    char *text = arena_z(a, query);
    for (size_t i = 0; i < query.n; i++)
        if (text[i] == ';')
            text[i] = '&';
    return str_n(text, query.n);
}

/* What the client says of the headers that are added counts nothing, but for the addresses that it came
 * through. */
const struct http_request *passed_request(const struct exec *x, struct arena *a)
{
    struct http_request *r = arena_alloc(a, sizeof *r);
    *r = *x->http;
    r->method = x->method;
    r->query = x->api->rest ? split_query(r->query, a) : codec_utf8_mended(a, r->query);
    pass_headers(x, &r->headers, a);
    http_header_set(&r->headers, a, STR("X-Amzn-Trace-Id"), exec_trace(x->call));
    http_header_set(&r->headers, a, STR("X-Forwarded-For"), forwarded_for(r, a));
    http_header_set(&r->headers, a, STR("X-Forwarded-Port"), port_text(r->local_port, a));
    http_header_set(&r->headers, a, STR("X-Forwarded-Proto"), r->tls ? STR("https") : STR("http"));
    return r;
}
