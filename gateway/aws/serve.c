#include "serve.h"

#include "door/call.h"
#include "face.h"
#include "http/server.h"
#include <stdlib.h>

struct aws_server {
    struct http_server *http;
    struct aws_face *face;
};

static void answered(void *exchange, const struct http_reply *reply)
{
    http_exchange_reply(exchange, reply);
}

/* A long poll whose client has hung up need not go on. */
static void gone(void *call)
{
    call_cancel(call);
}

static void asked(void *arg, struct http_exchange *x)
{
    struct aws_server *s = arg;
    struct call *c = aws_face_ask(s->face, http_exchange_request(x), answered, x);
    if (c)
        http_exchange_on_gone(x, gone, c);
}

struct aws_server *aws_server_new(struct world *w, const char *host, int port, enum rc *rc)
{
    struct aws_server *s = xcalloc(1, sizeof *s);
    s->http = http_server_new(w->loop, host, port, NULL, asked, s, rc);
    if (!s->http) {
        free(s);
        return NULL;
    }
    s->face = aws_face_new(w);
    return s;
}

int aws_server_port(const struct aws_server *s)
{
    return http_server_port(s->http);
}

void aws_server_stop(struct aws_server *s, void (*done)(void *arg), void *arg)
{
    http_server_stop(s->http, done, arg);
}

void aws_server_free(struct aws_server *s)
{
    if (!s)
        return;
    http_server_free(s->http);
    aws_face_free(s->face);
    free(s);
}
