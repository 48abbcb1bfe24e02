/* An exchange: one request and its one answer.
 *
 * Answers leave in the order of the requests.  The answer to the oldest request is written straight into the
 * connection's buffer; one that is early waits as bytes in its exchange. */
#include "conn.h"
#include <stdlib.h>

struct http_exchange *exchange_new(struct conn *c)
{
    struct http_server *s = c->server;
    struct list *l = list_shift(&s->spare_exchanges);
    struct http_exchange *x;
    if (l) {
        x = list_of(l, struct http_exchange, link);
        s->spare_exchange_count--;
    } else {
        x = xcalloc(1, sizeof(*x));
        arena_init(&x->arena);
        list_init(&x->link);
    }
    x->server = s;
    x->conn = c;
    x->head = x->close = x->replied = false;
    x->gone = NULL;
    list_push(&c->exchanges, &x->link);
    c->exchange_count++;
    return x;
}

static void leave_conn(struct http_exchange *x)
{
    list_del(&x->link);
    x->conn->exchange_count--;
    x->conn = NULL;
}

static void exchange_free(struct http_exchange *x)
{
    struct http_server *s = x->server;
    buf_release(&x->out);
    if (s && s->spare_exchange_count < SPARES_MAX) {
        arena_clear(&x->arena);
        list_push(&s->spare_exchanges, &x->link);
        s->spare_exchange_count++;
    } else {
        arena_release(&x->arena);
        free(x);
    }
}

void exchanges_release(struct http_server *s)
{
    struct list *l;
    while ((l = list_shift(&s->spare_exchanges))) {
        struct http_exchange *x = list_of(l, struct http_exchange, link);
        arena_release(&x->arena);
        free(x);
    }
}

void exchange_tell_gone(struct http_exchange *x)
{
    void (*gone)(void *) = x->gone;
    x->gone = NULL;
    if (gone)
        gone(x->gone_arg);
}

void exchange_orphan(struct http_exchange *x)
{
    bool replied = x->replied;
    leave_conn(x);
    x->server = NULL; /* it may be freed before the handler answers */
    if (replied)
        exchange_free(x);
    else
        exchange_tell_gone(x);
}

const struct http_request *http_exchange_request(const struct http_exchange *x)
{
    return &x->request;
}

struct arena *http_exchange_arena(struct http_exchange *x)
{
    return &x->arena;
}

void http_exchange_on_gone(struct http_exchange *x, void (*gone)(void *arg), void *arg)
{
    x->gone = gone;
    x->gone_arg = arg;
}

static bool is_first(const struct http_exchange *x)
{
    return x->conn->exchanges.next == &x->link;
}

static void write_answer(struct http_exchange *x, struct buf *out, const struct http_reply *r)
{
    struct http_server *s = x->server;
    x->replied = true;
    x->close |= r->close || s->stopping;
    reply_write(out, r,
                &(struct reply_facts){
                    .date = server_date(s), .minor = x->request.minor, .head = x->head, .close = x->close});
}

/* The answer is in the connection's buffer. */
static void finish(struct http_exchange *x)
{
    struct conn *c = x->conn;
    if (x->close)
        c->hang_up = c->last = true;
    leave_conn(x);
    exchange_free(x);
}

/* What was answered early may follow now. */
static void send_followers(struct conn *c)
{
    while (!list_empty(&c->exchanges) && !c->hang_up) {
        struct http_exchange *x = list_of(c->exchanges.next, struct http_exchange, link);
        if (!x->replied)
            return;
        buf_str(&c->out, buf_view(&x->out));
        finish(x);
    }
    while (c->hang_up && !list_empty(&c->exchanges))
        exchange_orphan(list_of(c->exchanges.next, struct http_exchange, link));
}

void http_exchange_reply(struct http_exchange *x, const struct http_reply *r)
{
    struct conn *c = x->conn;
    if (x->replied)
        BUG("an exchange was answered twice");
    x->gone = NULL;
    if (!c) {
        exchange_free(x);
        return;
    }
    if (!is_first(x)) {
        buf_init(&x->out, OUT_MAX);
        write_answer(x, &x->out, r);
        return;
    }
    if (!c->out.p)
        c->out = server_buf(c->server);
    write_answer(x, &c->out, r);
    finish(x);
    send_followers(c);
    conn_touch(c);
}
