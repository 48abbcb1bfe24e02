/* The ceiling: what libuv and llhttp alone cost for one constant answer.  Everything that tidepool does for a
 * request is measured against this program.   build/bench/ceiling PORT */
#include <llhttp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

struct client {
    uv_tcp_t tcp;
    llhttp_t parser;
    llhttp_settings_t settings;
};

static char answer[] = "HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 09:30:00 GMT\r\nContent-Length: 25\r\n"
                       "Content-Type: application/json\r\n\r\n{\"message\":\"hello world\"}";

static int on_message_complete(llhttp_t *parser)
{
    struct client *c = parser->data;
    uv_buf_t b = uv_buf_init(answer, sizeof(answer) - 1);
    uv_try_write((uv_stream_t *)&c->tcp, &b, 1);
    return 0;
}

static void on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *b)
{
    (void)hint;
    *b = uv_buf_init(h->loop->data, 65536);
}

static void on_closed(uv_handle_t *h)
{
    free(h->data);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
    struct client *c = stream->data;
    if (n < 0 || (n > 0 && llhttp_execute(&c->parser, b->base, (size_t)n) != HPE_OK))
        uv_close((uv_handle_t *)stream, on_closed);
}

static void on_connection(uv_stream_t *listener, int status)
{
    if (status != 0)
        return;
    struct client *c = calloc(1, sizeof(*c));
    if (!c)
        abort();
    uv_tcp_init(listener->loop, &c->tcp);
    c->tcp.data = c;
    uv_accept(listener, (uv_stream_t *)&c->tcp);
    uv_tcp_nodelay(&c->tcp, 1);
    llhttp_settings_init(&c->settings);
    c->settings.on_message_complete = on_message_complete;
    llhttp_init(&c->parser, HTTP_REQUEST, &c->settings);
    c->parser.data = c;
    uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
}

int main(int argc, char **argv)
{
    static char room[65536];
    uv_loop_t loop;
    uv_tcp_t listener;
    struct sockaddr_in at;
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&loop);
    loop.data = room;
    uv_ip4_addr("127.0.0.1", argc > 1 ? atoi(argv[1]) : 5198, &at);
    uv_tcp_init(&loop, &listener);
    if (uv_tcp_bind(&listener, (struct sockaddr *)&at, 0) != 0 ||
        uv_listen((uv_stream_t *)&listener, 1024, on_connection) != 0) {
        fprintf(stderr, "the port is in use\n");
        return 2;
    }
    return uv_run(&loop, UV_RUN_DEFAULT);
}
