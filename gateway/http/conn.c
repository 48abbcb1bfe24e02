/* A connection.
 *
 *            bytes             head whole         message whole            answer sent, keep-alive
 *   IDLE ------------> HEAD ------------> BODY ------------> HANDLED --+--------------------------> IDLE
 *    |                  |                  |                    ^      |
 *    | idle_ms          | head_ms: 408     | no byte for        |      +--> REPLY (the client does not take
 * it) v                  v                  | head_ms: 408       |            |  taken: on; send_ms: closed
 *  closed            CLOSING <-------------+                    |            v
 *                       |                        the next pipelined request is whole
 *                       | the client ends its side, or LINGER_MS
 *                       v
 *                     closed
 *
 * The state says for what we wait, and so how long (the table below).  A connection can do several things at
 * once: while one request is HANDLED, the next may be arriving.  So the state is not moved by hand but found
 * from what there is (conn_settle), after anything happened. */
#include "conn.h"
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#define LINGER_MS 1000
#define WRITE_SLICE (256u << 10) /* so that a slow client shows progress */

static void close_silently(struct conn *c);
static void refuse_late(struct conn *c);
static void leave_unless_it_reads(struct conn *c);

static const struct {
    size_t limit; /* offsetof(struct http_limits, ...), when fixed is 0 */
    int fixed;    /* ms; -1: for ever */
    void (*expired)(struct conn *c);
} states[CONN_STATES] = {
    [CONN_IDLE] = {offsetof(struct http_limits, idle_ms), 0, close_silently},
    [CONN_HEAD] = {offsetof(struct http_limits, head_ms), 0, refuse_late},
    [CONN_BODY] = {offsetof(struct http_limits, head_ms), 0, refuse_late},
    [CONN_HANDLED] = {0, -1, NULL}, /* how long a handler takes is not for us to say */
    [CONN_REPLY] = {offsetof(struct http_limits, send_ms), 0, leave_unless_it_reads},
    [CONN_CLOSING] = {0, LINGER_MS, close_silently},
};

/* What the socket did not take at once; libuv writes it a slice at a time while `out` collects anew. */
struct sending {
    uv_write_t write;
    struct conn *conn; /* NULL: it was closed meanwhile */
    struct buf bytes;
    size_t at, slice;
};

static uint64_t now(const struct conn *c)
{
    return uv_now(c->server->uv);
}

/* --- the state */

static enum conn_state fitting_state(const struct conn *c)
{
    if (c->state == CONN_CLOSING)
        return CONN_CLOSING;
    if (c->sending)
        return CONN_REPLY;
    if (c->exchange_count || c->out.n)
        return CONN_HANDLED;
    enum http_stage stage = c->parser ? http_parser_stage(c->parser) : HTTP_NOTHING;
    return stage == HTTP_IN_BODY ? CONN_BODY : stage == HTTP_IN_HEAD ? CONN_HEAD : CONN_IDLE;
}

/* Bytes of the slice under way that the client's machine has not taken: in libuv's queue and the system's. */
static size_t untaken(const struct conn *c)
{
    uv_os_fd_t fd;
    int queued = 0;
    if (uv_fileno((const uv_handle_t *)&c->tcp, &fd) == 0 && ioctl(fd, SIOCOUTQ, &queued) != 0)
        queued = 0;
    return uv_stream_get_write_queue_size((const uv_stream_t *)&c->tcp) + (size_t)queued;
}

/* Its time begins anew. */
static void enter(struct conn *c, enum conn_state state)
{
    c->state = state;
    c->since = now(c);
    if (state == CONN_REPLY)
        c->untaken = untaken(c);
    list_del(&c->link);
    list_push(&c->server->by_state[state], &c->link);
}

void conn_settle(struct conn *c)
{
    enum conn_state state = fitting_state(c);
    if (state != c->state)
        enter(c, state);
}

/* Bytes moved: a body or a reply may take long as a whole. */
static void progress(struct conn *c)
{
    if (c->state == CONN_BODY || c->state == CONN_REPLY)
        enter(c, c->state);
}

void conn_touch(struct conn *c)
{
    if (list_empty(&c->dirty))
        list_push(&c->server->unsent, &c->dirty);
}

void conn_expire(struct http_server *s)
{
    for (int state = 0; state < CONN_STATES; state++) {
        int limit = states[state].fixed;
        if (limit < 0)
            continue;
        if (limit == 0)
            limit = *(const int *)((const char *)&s->limits + states[state].limit);
        struct list *at, *tmp;
        list_each_safe (at, tmp, &s->by_state[state]) {
            struct conn *c = list_of(at, struct conn, link);
            if (now(c) - c->since < (uint64_t)limit)
                break; /* the rest came later */
            states[state].expired(c);
        }
    }
}

/* --- the end */

static void on_closed(uv_handle_t *h)
{
    struct conn *c = h->data;
    struct http_server *s = c->server;
    free(c);
    server_handle_closed(s);
}

void conn_close(struct conn *c)
{
    struct http_server *s = c->server;
    if (uv_is_closing((uv_handle_t *)&c->tcp))
        return;
    uv_close((uv_handle_t *)&c->tcp, on_closed);
    list_del(&c->link);
    list_del(&c->dirty);
    if (c->sending)
        c->sending->conn = NULL;
    c->sending = NULL;
    http_parser_free(c->parser);
    buf_release(&c->rest);
    server_buf_back(s, &c->out);
    while (!list_empty(&c->exchanges))
        exchange_orphan(list_of(c->exchanges.next, struct http_exchange, link));
    server_conn_gone(s);
}

static void close_silently(struct conn *c)
{
    conn_close(c);
}

/* A slice may take a slow client longer than its time, as long as it takes some of it. */
static void leave_unless_it_reads(struct conn *c)
{
    if (untaken(c) < c->untaken)
        enter(c, CONN_REPLY);
    else
        conn_close(c);
}

static void on_shut(uv_shutdown_t *r, int status)
{
    (void)status;
    free(r);
}

static void read_on(struct conn *c);

/* Our last word is sent.  Closing while the client still sends would reset the connection and could take that
 * word away from it; so we end our side and read on for a while. */
static void finish_conn(struct conn *c)
{
    bool all_read = !c->unclean && !c->parser && c->rest.n == 0;
    if (all_read || c->peer_done) {
        conn_close(c);
        return;
    }
    uv_shutdown_t *r = xmalloc(sizeof(*r));
    if (uv_shutdown(r, (uv_stream_t *)&c->tcp, on_shut) != 0) {
        free(r);
        conn_close(c);
        return;
    }
    enter(c, CONN_CLOSING);
    read_on(c);
}

/* --- answers out */

static void send_slice(struct sending *w);

static void sending_free(struct sending *w)
{
    buf_release(&w->bytes);
    free(w);
}

static void on_sent(uv_write_t *req, int status)
{
    struct sending *w = req->data;
    struct conn *c = w->conn;
    w->at += w->slice;
    if (!c) {
        sending_free(w);
    } else if (status != 0) {
        conn_close(c);
        sending_free(w);
    } else if (w->at < w->bytes.n) {
        progress(c);
        send_slice(w);
    } else {
        c->sending = NULL;
        sending_free(w);
        conn_touch(c);
    }
}

static void send_slice(struct sending *w)
{
    size_t left = w->bytes.n - w->at;
    w->slice = left < WRITE_SLICE ? left : WRITE_SLICE;
    uv_buf_t b = uv_buf_init(w->bytes.p + w->at, (unsigned)w->slice);
    if (uv_write(&w->write, (uv_stream_t *)&w->conn->tcp, &b, 1, on_sent) != 0) {
        conn_close(w->conn);
        sending_free(w);
    }
}

static void send_rest(struct conn *c, size_t sent)
{
    struct sending *w = xcalloc(1, sizeof(*w));
    w->write.data = w;
    w->conn = c;
    w->bytes = c->out;
    w->at = sent;
    c->out = (struct buf){0};
    c->sending = w;
    send_slice(w);
}

/* False: the connection was closed. */
static bool send_out(struct conn *c)
{
    if (c->out.full) {
        conn_close(c);
        return false;
    }
    if (c->out.n == 0 || c->sending)
        return true;
    uv_buf_t b = uv_buf_init(c->out.p, (unsigned)c->out.n);
    int n = uv_try_write((uv_stream_t *)&c->tcp, &b, 1);
    if (n < 0 && n != UV_EAGAIN) {
        conn_close(c);
        return false;
    }
    if (n >= 0 && (size_t)n == c->out.n)
        server_buf_back(c->server, &c->out);
    else
        send_rest(c, n > 0 ? (size_t)n : 0);
    return !uv_is_closing((uv_handle_t *)&c->tcp);
}

static void offer_continue(struct conn *c);
static void parse_rest(struct conn *c);

void conn_flush(struct conn *c)
{
    list_del(&c->dirty);
    if (c->state == CONN_CLOSING || !send_out(c))
        return;
    bool all_sent = !c->sending && c->out.n == 0;
    if (all_sent && (c->hang_up || (c->peer_done && c->exchange_count == 0))) {
        finish_conn(c);
        return;
    }
    parse_rest(c);
    conn_settle(c);
}

/* --- requests in */

static void refuse(struct conn *c, int status, const char *why)
{
    struct http_exchange *x = exchange_new(c);
    struct arena *a = &x->arena;
    struct http_reply r = {.status = status, .body = arena_printf(a, "%s\n", why), .close = true};
    x->request = (struct http_request){.minor = 1};
    http_header_add(&r.headers, a, STR("Content-Type"), STR("text/plain"));
    c->last = c->unclean = true;
    http_exchange_reply(x, &r);
}

static void refuse_late(struct conn *c)
{
    refuse(c, 408, "the request did not arrive in time");
    conn_settle(c);
}

static void take_request(struct conn *c)
{
    struct http_server *s = c->server;
    struct http_exchange *x = exchange_new(c);
    struct http_request *r = &x->request;
    http_parser_request(c->parser, &x->arena, r);
    r->remote = arena_str(&x->arena, str_z(c->remote));
    r->remote_port = c->remote_port;
    r->local_port = s->port;
    x->head = str_is(r->method, "HEAD");
    x->close = !http_parser_keep_alive(c->parser);
    c->last |= x->close;
    conn_settle(c);
    s->handle(s->arg, x);
}

static struct http_parser *borrow_parser(struct http_server *s)
{
    struct http_parser *p = s->spare_parser;
    struct http_parse_limits limits = {s->limits.head_max, s->limits.target_max, s->limits.body_max};
    s->spare_parser = NULL;
    return p ? p : http_parser_new(HTTP_REQUESTS, &limits);
}

/* A connection without half a message needs no parser of its own. */
static void give_parser_back(struct conn *c)
{
    struct http_server *s = c->server;
    if (!c->parser || http_parser_stage(c->parser) != HTTP_NOTHING)
        return;
    if (s->spare_parser) {
        http_parser_free(c->parser);
    } else {
        http_parser_reset(c->parser);
        s->spare_parser = c->parser;
    }
    c->parser = NULL;
}

static bool has_enough_to_do(const struct conn *c)
{
    return c->exchange_count >= PIPELINE_MAX || c->out.n > OUT_HIGH || c->sending;
}

/* Takes the requests out of `in`; what is not taken now is left in it. */
static void parse(struct conn *c, struct str *in)
{
    const char *why;
    if (!c->parser)
        c->parser = borrow_parser(c->server);
    while (in->n && !c->last && !has_enough_to_do(c)) {
        switch (http_parser_read(c->parser, in)) {
        case HTTP_MORE:
            offer_continue(c);
            break;
        case HTTP_DONE:
            take_request(c);
            break;
        case HTTP_BAD: {
            int status = http_parser_fault(c->parser, &why);
            refuse(c, status, why);
            break;
        }
        }
    }
    if (c->last) {
        c->unclean |= in->n > 0;
        *in = STR_NONE;
    }
    give_parser_back(c);
}

/* Not before the answers to earlier requests. */
static void offer_continue(struct conn *c)
{
    if (c->exchange_count == 0 && c->parser && http_parser_continue(c->parser)) {
        if (!c->out.p)
            c->out = server_buf(c->server);
        buf_z(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
        conn_touch(c);
    }
}

static void stop_reading(struct conn *c)
{
    if (c->reading)
        uv_read_stop((uv_stream_t *)&c->tcp);
    c->reading = false;
}

static void parse_rest(struct conn *c)
{
    offer_continue(c);
    if (c->reading || c->peer_done || has_enough_to_do(c))
        return;
    struct str in = buf_view(&c->rest);
    if (in.n && !c->last)
        parse(c, &in);
    buf_drop(&c->rest, c->rest.n - in.n);
    if (c->rest.n)
        return;
    buf_release(&c->rest);
    read_on(c);
}

static void on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *b)
{
    (void)hint;
    struct conn *c = h->data;
    *b = uv_buf_init(c->server->read, READ_SIZE);
}

/* A handler that is told may answer at once, and so change the list: it is begun anew each time. */
static void tell_all_gone(struct conn *c)
{
    struct list *at = c->exchanges.next;
    while (at != &c->exchanges) {
        struct http_exchange *x = list_of(at, struct http_exchange, link);
        bool told = x->gone != NULL;
        exchange_tell_gone(x);
        at = told ? c->exchanges.next : at->next;
    }
}

/* The client has ended its side: either it has gone, or it only says that there is nothing more to ask. */
static void on_end(struct conn *c)
{
    c->peer_done = c->last = true;
    stop_reading(c);
    if (c->exchange_count == 0 && !c->sending && c->out.n == 0) {
        conn_close(c);
        return;
    }
    tell_all_gone(c);
}

static void on_bytes(struct conn *c, struct str in)
{
    if (c->state == CONN_CLOSING || c->last)
        return; /* read and thrown away */
    progress(c);
    parse(c, &in);
    if (in.n) {
        buf_init(&c->rest, READ_SIZE);
        buf_str(&c->rest, in);
        stop_reading(c);
    }
    conn_settle(c);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
    struct conn *c = stream->data;
    if (n > 0)
        on_bytes(c, str_n(b->base, (size_t)n));
    else if (n == UV_EOF)
        on_end(c);
    else if (n < 0)
        conn_close(c);
}

static void read_on(struct conn *c)
{
    if (!c->reading && !c->peer_done)
        c->reading = uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) == 0;
}

/* --- the beginning */

static void note_remote(struct conn *c)
{
    struct sockaddr_storage a;
    int n = sizeof(a);
    if (uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&a, &n) != 0)
        return;
    if (a.ss_family == AF_INET) {
        struct sockaddr_in *in = (struct sockaddr_in *)&a;
        uv_ip4_name(in, c->remote, sizeof(c->remote));
        c->remote_port = ntohs(in->sin_port);
    } else if (a.ss_family == AF_INET6) {
        struct sockaddr_in6 *in = (struct sockaddr_in6 *)&a;
        uv_ip6_name(in, c->remote, sizeof(c->remote));
        c->remote_port = ntohs(in->sin6_port);
    }
}

void conn_accept(struct http_server *s, uv_stream_t *listener)
{
    struct conn *c = xcalloc(1, sizeof(*c));
    c->server = s;
    list_init(&c->link);
    list_init(&c->dirty);
    list_init(&c->exchanges);
    uv_tcp_init(s->uv, &c->tcp);
    c->tcp.data = c;
    s->open_handles++;
    s->conn_count++;
    enter(c, CONN_IDLE);
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) != 0) {
        conn_close(c);
        return;
    }
    uv_tcp_nodelay(&c->tcp, 1);
    note_remote(c);
    if (s->conn_count > s->limits.connections_max)
        refuse(c, 503, "too many connections");
    else
        read_on(c);
    server_tick_on(s);
}
