/* Inside of gateway/http: what server.c, conn.c, exchange.c and reply.c share. */
#ifndef HTTP_CONN_H
#define HTTP_CONN_H

#include "base/clock.h"
#include "base/list.h"
#include "core/http_parse.h"
#include "server.h"
#include <netinet/in.h>
#include <uv.h>

enum conn_state { CONN_IDLE, CONN_HEAD, CONN_BODY, CONN_HANDLED, CONN_REPLY, CONN_CLOSING, CONN_STATES };

#define READ_SIZE (64u << 10)
#define PIPELINE_MAX 32      /* requests of one connection that wait for their answers */
#define OUT_HIGH (1u << 20)  /* with more than this unsent, a connection's requests are not read */
#define OUT_MAX (256u << 20) /* with more than this unsent, it is closed */
#define LISTENERS_MAX 2      /* 127.0.0.1 and ::1 */
#define SPARES_MAX 64        /* exchanges and buffers kept for the next ones */
#define KEEP_BUF (16u << 10) /* larger buffers are not kept */

struct http_server {
    struct loop *loop;
    uv_loop_t *uv;
    struct http_limits limits;
    void (*handle)(void *arg, struct http_exchange *x);
    void *arg;
    int port;

    uv_tcp_t listeners[LISTENERS_MAX];
    int listener_count;
    int open_handles; /* listeners and connections that libuv has not closed; 0 and freed: gone */
    bool stopping, freed;
    void (*done)(void *arg);
    void *done_arg;

    struct list by_state[CONN_STATES]; /* struct conn.link, longest in its state first */
    int conn_count;
    struct list unsent; /* struct conn.dirty */
    struct loop_timer *tick;
    bool ticking;

    char read[READ_SIZE]; /* shared: used up, or kept aside by who goes on, before the next read */
    struct http_parser *spare_parser; /* a connection owns one only while its message is not whole */
    struct list spare_exchanges;
    int spare_exchange_count;
    struct buf spare_bufs[SPARES_MAX];
    int spare_buf_count;

    struct clock wall; /* real time of day, for Date */
    char date[30];
    uint64_t date_until; /* uv_now */
};

struct conn {
    struct list link;  /* in by_state */
    struct list dirty; /* in unsent, while `out` may hold something or the state may change */
    struct http_server *server;
    uv_tcp_t tcp;
    enum conn_state state;
    uint64_t since; /* uv_now when the state's time began */
    size_t untaken; /* in CONN_REPLY: what the client had not taken then */
    struct http_parser *parser;
    struct buf rest;       /* read, not parsed: too much is waiting */
    struct list exchanges; /* in order of their requests */
    int exchange_count;
    struct buf out;          /* answers, to be sent before the sleep */
    struct sending *sending; /* what the socket did not take at once */
    bool reading;
    bool last;      /* no further request is taken from it */
    bool hang_up;   /* closes when `out` is sent */
    bool unclean;   /* there may be bytes that we do not read: linger before the close */
    bool peer_done; /* the client has ended its side */
    char remote[INET6_ADDRSTRLEN];
    int remote_port;
};

struct http_exchange {
    struct list link;  /* in conn.exchanges or spare_exchanges */
    struct conn *conn; /* NULL: the client has gone */
    struct http_server *server;
    struct arena arena;
    struct http_request request;
    bool head, close, replied;
    struct buf out; /* its answer, while an earlier one is not there yet */
    void (*gone)(void *arg);
    void *gone_arg;
};

/* conn.c */
void conn_accept(struct http_server *s, uv_stream_t *listener);
void conn_close(struct conn *c);
void conn_touch(struct conn *c);  /* something changed: look again before the sleep */
void conn_settle(struct conn *c); /* finds the state that fits */
void conn_flush(struct conn *c);
void conn_expire(struct http_server *s); /* what has waited too long */

/* exchange.c */
struct http_exchange *exchange_new(struct conn *c);
void exchange_orphan(struct http_exchange *x); /* the connection has gone */
void exchange_tell_gone(struct http_exchange *x);
void exchanges_release(struct http_server *s);

/* reply.c */
struct reply_facts {
    const char *date;
    int minor;  /* of the request */
    bool head;  /* of the request */
    bool close; /* the connection ends with this answer */
};
void reply_write(struct buf *out, const struct http_reply *r, const struct reply_facts *facts);

/* server.c */
const char *server_date(struct http_server *s);
struct buf server_buf(struct http_server *s); /* an empty buffer, perhaps one that was used before */
void server_buf_back(struct http_server *s, struct buf *b);
void server_handle_closed(struct http_server *s);
void server_conn_gone(struct http_server *s);
void server_tick_on(struct http_server *s);

#endif
