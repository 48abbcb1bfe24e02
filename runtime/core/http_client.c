/*  START --name is an address------------> CONNECT --> SEND and READ --> DONE
 *    |                                      ^   |
 *    +--> LOOK UP (a thread of libuv's) ----+   +-- refused, and there is a further address: CONNECT again
 *
 * Whatever goes wrong, and the timeout, leads to `finish`, which tells the asker once.  The fetch is freed
 * when nothing of libuv's refers to it any more (`holds`). */
#include "core/http_client.h"
#include "core/http_parse.h"
#include <netdb.h>
#include <stdlib.h>
#include <uv.h>

#define DEFAULT_TIMEOUT_MS 30000
#define DEFAULT_BODY_MAX (16u << 20)
#define REQUEST_MAX (64u << 20)
#define READ_SIZE (64u << 10)
#define ADDRESSES_MAX 8

struct http_fetch {
    struct loop *loop;
    void (*done)(void *arg, const struct http_fetch_result *result);
    void *arg;

    char *host; /* to be looked up */
    int port;
    struct sockaddr_storage addresses[ADDRESSES_MAX];
    int address_count, address_at;
    struct buf out;
    struct http_parser *parser;

    const char *doomed; /* why it fails in the next round */
    bool malformed;     /* ... because the asker's request is wrong */
    struct loop_timer *limit;
    uv_getaddrinfo_t lookup;
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    bool open; /* tcp is an open handle */
    int holds; /* handles and requests of libuv that still point here */
    bool over; /* the asker was told, or does not want to be */
    char read[READ_SIZE];
};

/* --- the end */

static void let_go(struct http_fetch *f)
{
    if (--f->holds > 0)
        return;
    buf_release(&f->out);
    http_parser_free(f->parser);
    free(f->host);
    free(f);
}

static void on_closed(uv_handle_t *h)
{
    let_go(h->data);
}

static void close_socket(struct http_fetch *f)
{
    if (f->open)
        uv_close((uv_handle_t *)&f->tcp, on_closed);
    f->open = false;
}

/* Takes everything down; the first hold, http_fetch's own, goes here. */
static void end(struct http_fetch *f)
{
    f->over = true;
    loop_timer_free(f->limit);
    uv_cancel((uv_req_t *)&f->lookup);
    close_socket(f);
    let_go(f);
}

static void finish(struct http_fetch *f, enum rc rc, const char *why, const struct http_reply *reply)
{
    struct http_fetch_result result = {.rc = rc, .why = why};
    if (f->over)
        return;
    if (reply)
        result.reply = *reply;
    f->over = true;
    f->done(f->arg, &result);
    end(f);
}

static void fail_uv(struct http_fetch *f, int e)
{
    finish(f, RC_IO, uv_strerror(e), NULL);
}

void http_fetch_cancel(struct http_fetch *f)
{
    end(f);
}

static void on_limit(void *arg)
{
    struct http_fetch *f = arg;
    if (f->doomed)
        finish(f, f->malformed ? RC_BAD : RC_IO, f->doomed, NULL);
    else
        finish(f, RC_TIMEOUT, "the time for this request is over", NULL);
}

/* It fails, and the asker hears of it in the next round. */
static void doom(struct http_fetch *f, const char *why)
{
    f->doomed = why;
    loop_timer_set(f->limit, 0, 0);
}

/* --- the response */

static void deliver(struct http_fetch *f)
{
    struct arena a;
    struct http_reply r;
    arena_init(&a);
    http_parser_response(f->parser, &a, &r);
    finish(f, RC_OK, "", &r);
    arena_release(&a);
}

/* What a read of the parser came to; an interim response (1xx) is not the answer. */
static bool is_interim(struct http_fetch *f)
{
    struct arena a;
    struct http_reply r;
    arena_init(&a);
    http_parser_response(f->parser, &a, &r);
    arena_release(&a);
    return r.status < 200 && r.status != 101;
}

static void fail_parse(struct http_fetch *f)
{
    const char *why;
    int status = http_parser_fault(f->parser, &why);
    finish(f, status == 413 || status == 431 ? RC_FULL : RC_BAD, why, NULL);
}

static void on_bytes(struct http_fetch *f, struct str in)
{
    while (in.n) {
        switch (http_parser_read(f->parser, &in)) {
        case HTTP_MORE:
            break;
        case HTTP_BAD:
            fail_parse(f);
            return;
        case HTTP_DONE:
            if (is_interim(f))
                break;
            deliver(f);
            return;
        }
    }
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
    struct http_fetch *f = stream->data;
    if (n > 0)
        on_bytes(f, str_n(b->base, (size_t)n));
    else if (n == UV_EOF && http_parser_stage(f->parser) == HTTP_IN_BODY &&
             http_parser_end(f->parser) == HTTP_DONE)
        deliver(f);
    else if (n == UV_EOF)
        finish(f, RC_BAD, "the connection ended before the response", NULL);
    else if (n < 0)
        fail_uv(f, (int)n);
}

static void on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *b)
{
    (void)hint;
    struct http_fetch *f = h->data;
    *b = uv_buf_init(f->read, READ_SIZE);
}

/* --- the connection */

/* A failed write says nothing: the server may have answered early, and reading finds out. */
static void on_written(uv_write_t *w, int status)
{
    (void)status;
    let_go(w->data);
}

static void send_request(struct http_fetch *f)
{
    uv_buf_t b = uv_buf_init(f->out.p, (unsigned)f->out.n);
    f->write.data = f;
    f->holds++;
    int e = uv_write(&f->write, (uv_stream_t *)&f->tcp, &b, 1, on_written);
    if (e) {
        f->holds--;
        fail_uv(f, e);
        return;
    }
    uv_read_start((uv_stream_t *)&f->tcp, on_alloc, on_read);
}

static void try_address(struct http_fetch *f);

/* A socket on which connecting failed is of no use for the next address. */
static void on_closed_try_on(uv_handle_t *h)
{
    struct http_fetch *f = h->data;
    if (!f->over)
        try_address(f);
    let_go(f);
}

static void on_connect(uv_connect_t *c, int status)
{
    struct http_fetch *f = c->data;
    if (!f->over && status == 0) {
        send_request(f);
    } else if (!f->over && ++f->address_at < f->address_count) {
        f->open = false;
        uv_close((uv_handle_t *)&f->tcp, on_closed_try_on);
    } else if (!f->over) {
        fail_uv(f, status);
    }
    let_go(f);
}

static void try_address(struct http_fetch *f)
{
    uv_tcp_init(loop_uv(f->loop), &f->tcp);
    f->tcp.data = f;
    f->open = true;
    f->holds++; /* until it is closed */
    f->connect.data = f;
    f->holds++; /* until it is connected or not */
    int e = uv_tcp_connect(&f->connect, &f->tcp, (struct sockaddr *)&f->addresses[f->address_at], on_connect);
    if (e) {
        f->holds--;
        doom(f, uv_strerror(e));
    }
}

/* --- the name */

static void add_address(struct http_fetch *f, const struct sockaddr *a, size_t n)
{
    if (f->address_count < ADDRESSES_MAX)
        memcpy(&f->addresses[f->address_count++], a, n);
}

static void on_lookup(uv_getaddrinfo_t *lookup, int status, struct addrinfo *found)
{
    struct http_fetch *f = lookup->data;
    for (struct addrinfo *a = found; a; a = a->ai_next)
        add_address(f, a->ai_addr, a->ai_addrlen);
    uv_freeaddrinfo(found);
    if (!f->over && status == 0 && f->address_count)
        try_address(f);
    else if (!f->over)
        fail_uv(f, status ? status : UV_EAI_NONAME);
    let_go(f);
}

static bool is_address(struct http_fetch *f)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    bool local = strcmp(f->host, "localhost") == 0;
    if (uv_ip4_addr(local ? "127.0.0.1" : f->host, f->port, &v4) == 0)
        add_address(f, (struct sockaddr *)&v4, sizeof(v4));
    if (uv_ip6_addr(local ? "::1" : f->host, f->port, &v6) == 0)
        add_address(f, (struct sockaddr *)&v6, sizeof(v6));
    return f->address_count > 0;
}

static void look_up(struct http_fetch *f)
{
    char service[8];
    struct buf port;
    buf_init(&port, sizeof(service));
    buf_printf(&port, "%d", f->port);
    struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    f->lookup.data = f;
    f->holds++;
    int e = uv_getaddrinfo(loop_uv(f->loop), &f->lookup, on_lookup, f->host, buf_zstr(&port), &wanted);
    buf_release(&port);
    if (e) {
        f->holds--;
        doom(f, uv_strerror(e));
    }
}

/* --- the request */

struct url {
    struct str host, target, authority;
    int port;
};

static bool has_control(struct str s, bool space_too)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f || (space_too && s.p[i] == ' '))
            return true;
    return false;
}

/* NULL when it is well formed, else what is wrong. */
static const char *parse_url(struct str s, struct url *u)
{
    if (str_starts(s, STR("https://")))
        return "https is not supported by tidepool yet";
    if (!str_starts(s, STR("http://")))
        return "the URL does not begin with http://";
    if (has_control(s, true))
        return "the URL has a space or a control character in it";
    struct str rest = str_sub(s, 7, s.n);
    rest = str_cut(&rest, '#');
    size_t n = 0;
    while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
        n++;
    u->authority = str_sub(rest, 0, n);
    u->target = str_sub(rest, n, rest.n);
    if (str_find(u->authority, '@') >= 0)
        return "the URL has a user name in it";
    ptrdiff_t bracket = str_find(u->authority, ']');
    struct str port = str_sub(u->authority, bracket < 0 ? 0 : (size_t)bracket, u->authority.n);
    struct str host = str_cut(&port, ':');
    u->host = bracket < 0 ? host : str_sub(u->authority, 1, (size_t)bracket - 1);
    int64_t number = 80;
    if (port.p && (!str_to_i64(port, &number) || number < 1 || number > 65535))
        return "the URL's port is no port";
    u->port = (int)number;
    return u->host.n ? NULL : "the URL has no host";
}

static bool is_ours(struct str name)
{
    return str_ieq(name, STR("host")) || str_ieq(name, STR("content-length")) ||
           str_ieq(name, STR("connection")) || str_ieq(name, STR("transfer-encoding"));
}

static const char *write_headers(struct buf *out, const struct http_headers *h)
{
    for (size_t i = 0; i < h->n; i++) {
        struct str name = h->list[i].name, value = h->list[i].value;
        if (!name.n || has_control(name, true) || str_find(name, ':') >= 0 || has_control(value, false))
            return "a header has characters in it that it must not have";
        if (!is_ours(name))
            buf_printf(out, "%.*s: %.*s\r\n", STR_ARG(name), STR_ARG(value));
    }
    if (!http_header_get(h, "user-agent").p)
        buf_z(out, "User-Agent: tidepool\r\n");
    return NULL;
}

static const char *write_request(struct buf *out, const struct http_fetch_request *r, const struct url *u,
                                 struct str method)
{
    if (has_control(method, true))
        return "the method has characters in it that it must not have";
    const char *slash = u->target.n && u->target.p[0] == '/' ? "" : "/";
    buf_printf(out, "%.*s %s%.*s HTTP/1.1\r\nHost: %.*s\r\nConnection: close\r\n", STR_ARG(method), slash,
               STR_ARG(u->target), STR_ARG(u->authority));
    const char *wrong = write_headers(out, &r->headers);
    if (wrong)
        return wrong;
    if (r->body.n || str_is(method, "POST") || str_is(method, "PUT") || str_is(method, "PATCH"))
        buf_printf(out, "Content-Length: %zu\r\n", r->body.n);
    buf_z(out, "\r\n");
    buf_str(out, r->body);
    return out->full ? "the request is too long" : NULL;
}

static const char *prepare(struct http_fetch *f, const struct http_fetch_request *r, struct str method)
{
    struct url u;
    const char *wrong = parse_url(r->url, &u);
    if (!wrong)
        wrong = write_request(&f->out, r, &u, method);
    if (wrong)
        return wrong;
    f->host = xcalloc(1, u.host.n + 1);
    memcpy(f->host, u.host.p, u.host.n);
    f->port = u.port;
    return NULL;
}

struct http_fetch *http_fetch(struct loop *l, const struct http_fetch_request *r,
                              void (*done)(void *arg, const struct http_fetch_result *result), void *arg)
{
    struct http_fetch *f = xcalloc(1, sizeof(*f));
    struct str method = r->method.p ? r->method : STR("GET");
    struct http_parse_limits limits = {64 << 10, 0, r->body_max ? r->body_max : DEFAULT_BODY_MAX};
    f->loop = l;
    f->done = done;
    f->arg = arg;
    f->holds = 1;
    f->limit = loop_timer_new(l, on_limit, f);
    f->parser = http_parser_new(HTTP_RESPONSES, &limits);
    if (str_is(method, "HEAD"))
        http_parser_no_body(f->parser);
    buf_init(&f->out, REQUEST_MAX);
    loop_timer_set(f->limit, r->timeout_ms ? r->timeout_ms : DEFAULT_TIMEOUT_MS, 0);
    const char *wrong = prepare(f, r, method);
    if (wrong) {
        f->malformed = true;
        doom(f, wrong);
    } else if (is_address(f)) {
        try_address(f);
    } else {
        look_up(f);
    }
    return f;
}
