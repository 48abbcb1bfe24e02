/* A server: listeners, limits, its connections' clock, and the end. */
#include "conn.h"
#include <stdlib.h>

#define BACKLOG 2048

struct http_limits http_limits_default(void)
{
    return (struct http_limits){
        .head_max = 64 << 10,
        .target_max = 8 << 10,
        .body_max = 16 << 20,
        .connections_max = 10000,
        .head_ms = 30000,
        .idle_ms = 75000,
        .send_ms = 30000,
    };
}

/* --- what connections share */

const char *server_date(struct http_server *s)
{
    uint64_t at = uv_now(s->uv);
    if (at >= s->date_until) {
        clock_init(&s->wall);
        int64_t ms = clock_now(&s->wall);
        clock_http(ms, s->date);
        s->date_until = at + (uint64_t)(1000 - ms % 1000);
    }
    return s->date;
}

struct buf server_buf(struct http_server *s)
{
    struct buf b;
    if (s->spare_buf_count)
        return s->spare_bufs[--s->spare_buf_count];
    buf_init(&b, OUT_MAX);
    return b;
}

void server_buf_back(struct http_server *s, struct buf *b)
{
    if (b->p && b->cap <= KEEP_BUF && s->spare_buf_count < SPARES_MAX) {
        buf_clear(b);
        s->spare_bufs[s->spare_buf_count++] = *b;
    } else {
        buf_release(b);
    }
    *b = (struct buf){0};
}

static void flush(void *arg)
{
    struct http_server *s = arg;
    while (!list_empty(&s->unsent))
        conn_flush(list_of(s->unsent.next, struct conn, dirty));
}

/* --- time */

static int tick_ms(const struct http_limits *l)
{
    int least = l->head_ms < l->idle_ms ? l->head_ms : l->idle_ms;
    least = least < l->send_ms ? least : l->send_ms;
    return least / 4 < 10 ? 10 : least / 4 > 500 ? 500 : least / 4;
}

static void on_tick(void *arg)
{
    struct http_server *s = arg;
    conn_expire(s);
    if (s->conn_count == 0 && s->ticking) {
        loop_timer_stop(s->tick);
        s->ticking = false;
    }
}

/* The tick runs only while there are connections, so that an idle server sleeps. */
void server_tick_on(struct http_server *s)
{
    if (s->ticking)
        return;
    int ms = tick_ms(&s->limits);
    s->ticking = true;
    loop_timer_set(s->tick, ms, ms);
}

/* --- the beginning */

static void on_connection(uv_stream_t *listener, int status)
{
    if (status == 0)
        conn_accept(listener->data, listener);
}

static void on_handle_closed(uv_handle_t *h)
{
    server_handle_closed(h->data);
}

static int bind_and_listen(uv_tcp_t *t, const struct sockaddr *a)
{
    int e = uv_tcp_bind(t, a, 0);
    return e ? e : uv_listen((uv_stream_t *)t, BACKLOG, on_connection);
}

static int listen_at(struct http_server *s, const struct sockaddr *a)
{
    uv_tcp_t *t = &s->listeners[s->listener_count];
    uv_tcp_init(s->uv, t);
    t->data = s;
    s->open_handles++;
    int e = bind_and_listen(t, a);
    if (e)
        uv_close((uv_handle_t *)t, on_handle_closed);
    s->listener_count++;
    return e;
}

static int bound_port(uv_tcp_t *t)
{
    struct sockaddr_storage a;
    int n = sizeof(a);
    if (uv_tcp_getsockname(t, (struct sockaddr *)&a, &n) != 0)
        return 0;
    /* sin_port and sin6_port lie in the same place */
    return ntohs(((struct sockaddr_in *)&a)->sin_port);
}

static bool parse_host(const char *host, int port, struct sockaddr_storage *out)
{
    if (strcmp(host, "localhost") == 0)
        host = "127.0.0.1";
    return uv_ip4_addr(host, port, (struct sockaddr_in *)out) == 0 ||
           uv_ip6_addr(host, port, (struct sockaddr_in6 *)out) == 0;
}

/* Some clients take "localhost" for ::1 alone.  It is the same machine, so we are there too if we can. */
static void listen_on_the_other_loopback(struct http_server *s, const struct sockaddr_storage *first)
{
    const struct sockaddr_in *in = (const struct sockaddr_in *)first;
    struct sockaddr_in6 other;
    if (first->ss_family == AF_INET && in->sin_addr.s_addr == htonl(INADDR_LOOPBACK) &&
        uv_ip6_addr("::1", s->port, &other) == 0)
        listen_at(s, (const struct sockaddr *)&other);
}

static enum rc start_listening(struct http_server *s, const char *host, int port)
{
    struct sockaddr_storage a = {0};
    if (!parse_host(host, port, &a))
        return RC_BAD;
    int e = listen_at(s, (const struct sockaddr *)&a);
    if (e)
        return e == UV_EADDRINUSE ? RC_BUSY : RC_IO;
    s->port = bound_port(&s->listeners[0]);
    listen_on_the_other_loopback(s, &a);
    return RC_OK;
}

struct http_server *http_server_new(struct loop *l, const char *host, int port,
                                    const struct http_limits *limits,
                                    void (*handle)(void *arg, struct http_exchange *x), void *arg,
                                    enum rc *rc)
{
    struct http_server *s = xcalloc(1, sizeof(*s));
    s->loop = l;
    s->uv = loop_uv(l);
    s->limits = limits ? *limits : http_limits_default();
    s->handle = handle;
    s->arg = arg;
    for (int i = 0; i < CONN_STATES; i++)
        list_init(&s->by_state[i]);
    list_init(&s->unsent);
    list_init(&s->spare_exchanges);
    s->tick = loop_timer_new(l, on_tick, s);
    loop_flush(l, flush, s);
    *rc = start_listening(s, host, port);
    if (*rc == RC_OK)
        return s;
    http_server_free(s);
    return NULL;
}

int http_server_port(const struct http_server *s)
{
    return s->port;
}

int http_server_connections(const struct http_server *s)
{
    return s->conn_count;
}

/* --- the end */

static void close_listeners(struct http_server *s)
{
    for (int i = 0; i < s->listener_count; i++)
        if (!uv_is_closing((uv_handle_t *)&s->listeners[i]))
            uv_close((uv_handle_t *)&s->listeners[i], on_handle_closed);
}

static void close_all_in(struct http_server *s, enum conn_state state)
{
    while (!list_empty(&s->by_state[state]))
        conn_close(list_of(s->by_state[state].next, struct conn, link));
}

static void say_done(struct http_server *s)
{
    void (*done)(void *) = s->done;
    s->done = NULL;
    if (done)
        done(s->done_arg);
}

void http_server_stop(struct http_server *s, void (*done)(void *arg), void *arg)
{
    s->stopping = true;
    s->done = done;
    s->done_arg = arg;
    close_listeners(s);
    close_all_in(s, CONN_IDLE);
    close_all_in(s, CONN_HEAD);
    if (s->conn_count == 0)
        say_done(s);
}

void server_conn_gone(struct http_server *s)
{
    if (--s->conn_count == 0 && s->stopping)
        say_done(s);
}

/* libuv still needs the memory of handles until their close callbacks: the last of them frees the server. */
static void free_when_closed(struct http_server *s)
{
    if (s->freed && s->open_handles == 0)
        free(s);
}

void server_handle_closed(struct http_server *s)
{
    s->open_handles--;
    free_when_closed(s);
}

void http_server_free(struct http_server *s)
{
    if (!s)
        return;
    s->done = NULL;
    close_listeners(s);
    for (int i = 0; i < CONN_STATES; i++)
        close_all_in(s, (enum conn_state)i);
    loop_forget(s->loop, s);
    loop_timer_free(s->tick);
    http_parser_free(s->spare_parser);
    exchanges_release(s);
    while (s->spare_buf_count)
        buf_release(&s->spare_bufs[--s->spare_buf_count]);
    s->freed = true;
    free_when_closed(s);
}
