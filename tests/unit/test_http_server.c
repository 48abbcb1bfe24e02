/* The server on real sockets: order, limits, slow and vanishing clients, a graceful end; and the client. */
#include "base/clock.h"
#include "core/http_client.h"
#include "http/server.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define HELD_MAX 64

struct home {
    struct loop *loop;
    struct http_server *server;
    struct http_exchange *held[HELD_MAX]; /* requests to /hold..., answered by the test */
    int held_count, gone;
    char last_remote[64];
    int stopped;
};

/* --- the application under the server: it echoes, or holds */

static void on_gone(void *arg)
{
    struct home *h = arg;
    h->gone++;
}

static void answer(struct http_exchange *x, int status, struct str body)
{
    struct http_reply r = {.status = status, .body = body};
    http_exchange_reply(x, &r);
}

static void handle(void *arg, struct http_exchange *x)
{
    struct home *h = arg;
    const struct http_request *r = http_exchange_request(x);
    struct arena *a = http_exchange_arena(x);
    str_copy(r->remote, h->last_remote, sizeof(h->last_remote));
    if (str_starts(r->path, STR("/hold"))) {
        h->held[h->held_count++] = x;
        http_exchange_on_gone(x, on_gone, h);
        return;
    }
    if (str_is(r->path, "/big")) {
        char *big = arena_zalloc(a, 8 << 20);
        answer(x, 200, str_n(memset(big, 'b', 8 << 20), 8 << 20));
        return;
    }
    if (str_is(r->path, "/odd")) {
        struct http_reply odd = {.status = 200, .body = STR("odd")};
        http_header_add(&odd.headers, a, STR("X-Bad"), STR("a\r\nInjected:\x1b\x7fyes"));
        http_header_add(&odd.headers, a, STR("no token"), STR("x"));
        http_header_add(&odd.headers, a, STR("Content-Length"), STR("999"));
        http_exchange_reply(x, &odd);
        return;
    }
    if (str_is(r->path, "/nothing")) {
        answer(x, 204, STR(""));
        return;
    }
    answer(x, 200,
           arena_printf(a, "%.*s %.*s [%.*s]", STR_ARG(r->method), STR_ARG(r->target), STR_ARG(r->body)));
}

static struct http_limits small(void)
{
    struct http_limits l = http_limits_default();
    l.head_max = 2000;
    l.body_max = 100000;
    l.connections_max = 50;
    return l;
}

static int setup_with(void **state, struct http_limits limits)
{
    struct home *h = calloc(1, sizeof(*h));
    enum rc rc;
    h->loop = loop_new();
    h->server = http_server_new(h->loop, "127.0.0.1", 0, &limits, handle, h, &rc);
    *state = h;
    return rc == RC_OK ? 0 : -1;
}

static int setup(void **state)
{
    return setup_with(state, small());
}

/* For tests that wait for the end of its patience. */
static int setup_impatient(void **state)
{
    struct http_limits l = small();
    l.head_ms = 150;
    l.idle_ms = 400;
    l.send_ms = 1000;
    return setup_with(state, l);
}

static int teardown(void **state)
{
    struct home *h = *state;
    http_server_free(h->server);
    loop_free(h->loop);
    free(h);
    return 0;
}

/* --- a client by hand */

struct peer {
    struct home *home;
    int fd;
    struct buf got;
    bool ended;
};

static struct peer *peer_new(struct home *h)
{
    struct peer *p = calloc(1, sizeof(*p));
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)http_server_port(h->server)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    p->home = h;
    p->fd = socket(AF_INET, SOCK_STREAM, 0);
    buf_init(&p->got, 32 << 20);
    assert_int_equal(connect(p->fd, (struct sockaddr *)&at, sizeof(at)), 0);
    return p;
}

static void peer_free(struct peer *p)
{
    if (p->fd >= 0)
        close(p->fd);
    buf_release(&p->got);
    free(p);
}

static void say_n(struct peer *p, struct str s)
{
    while (s.n) {
        ssize_t n = send(p->fd, s.p, s.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN)
            return; /* refused in the middle: the answer says why */
        if (n > 0)
            s = str_n(s.p + n, s.n - (size_t)n);
        loop_once(p->home->loop, 0);
    }
}

static void say(struct peer *p, const char *z)
{
    say_n(p, str_z(z));
}

static void listen_once(struct peer *p)
{
    char *room = buf_room(&p->got, 65536);
    ssize_t n = room ? recv(p->fd, room, 65536, MSG_DONTWAIT) : -1;
    if (n > 0)
        p->got.n += (size_t)n;
    else if (n == 0 || errno != EAGAIN)
        p->ended = true;
}

#define until(h, condition)                                                                                  \
    for (int64_t limit = clock_mono_us() + 120000000; !(condition);) {                                       \
        if (clock_mono_us() > limit)                                                                         \
            fail_msg("never: %s", #condition);                                                               \
        loop_once((h)->loop, 5);                                                                             \
    }

static bool hears(struct peer *p, const char *text)
{
    listen_once(p);
    return str_search(buf_view(&p->got), str_z(text)) >= 0;
}

static bool ends(struct peer *p)
{
    listen_once(p);
    return p->ended;
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n\r\n"

/* --- tests */

static void a_request_is_answered_and_the_connection_kept(void **state)
{
    struct home *h = *state;
    struct peer *p = peer_new(h);
    say(p, GET("/a?b=c"));
    until(h, hears(p, "GET /a?b=c []"));
    assert_true(hears(p, "HTTP/1.1 200 OK\r\nDate: "));
    assert_true(hears(p, "Content-Length: 13\r\n"));
    assert_string_equal(h->last_remote, "127.0.0.1");
    buf_clear(&p->got);
    say(p, "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    until(h, hears(p, "POST /x [abc]"));
    peer_free(p);
}

static void head_and_204_have_no_body(void **state)
{
    struct home *h = *state;
    struct peer *p = peer_new(h);
    say(p, "HEAD /h HTTP/1.1\r\nHost: a\r\n\r\n" GET("/nothing") GET("/after"));
    until(h, hears(p, "GET /after []"));
    assert_true(hears(p, "Content-Length: 10\r\n\r\nHTTP/1.1 204 No Content"));
    assert_false(hears(p, "HEAD /h"));
    peer_free(p);
}

static void pipelined_answers_keep_the_order(void **state)
{
    struct home *h = *state;
    struct peer *p = peer_new(h);
    say(p, GET("/hold/1") GET("/2") GET("/hold/3") GET("/4"));
    until(h, h->held_count == 2);
    answer(h->held[1], 200, STR("third"));
    loop_once(h->loop, 5);
    assert_false(hears(p, "HTTP"));
    answer(h->held[0], 200, STR("first"));
    until(h, hears(p, "/4"));
    ptrdiff_t a = str_search(buf_view(&p->got), STR("first")),
              b = str_search(buf_view(&p->got), STR("GET /2")),
              c = str_search(buf_view(&p->got), STR("third")),
              d = str_search(buf_view(&p->got), STR("GET /4"));
    assert_true(a >= 0 && a < b && b < c && c < d);
    peer_free(p);
}

static void many_pipelined_requests_wait_for_each_other(void **state)
{
    struct home *h = *state;
    struct peer *p = peer_new(h);
    for (int i = 0; i < 40; i++)
        say(p, GET("/hold"));
    until(h, h->held_count >= 32);
    for (int i = 0; i < 20; i++)
        loop_once(h->loop, 1);
    assert_int_equal(h->held_count, 32); /* the others are not read */
    for (int i = 0; i < 40; i++) {
        until(h, h->held_count > i);
        answer(h->held[i], 200, STR("done"));
    }
    say(p, GET("/end"));
    until(h, hears(p, "GET /end"));
    peer_free(p);
}

static void requests_in_single_bytes_are_whole_at_the_end(void **state)
{
    struct home *h = *state;
    struct peer *p = peer_new(h);
    static const char text[] = "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody";
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        say_n(p, str_n(text + i, 1));
        loop_once(h->loop, 0);
    }
    until(h, hears(p, "POST /slow [body]"));
    peer_free(p);
}

static void a_large_answer_passes_a_slow_reader(void **state)
{
    struct home *h = *state;
    struct peer *p = peer_new(h);
    say(p, GET("/big") GET("/after"));
    for (int i = 0; i < 10; i++)
        loop_once(h->loop, 1);
    until(h, hears(p, "GET /after []"));
    assert_true(p->got.n > (8 << 20));
    peer_free(p);
}

static void a_reader_that_takes_nothing_is_left(void **state)
{
    struct home *h = *state;
    struct peer *p = peer_new(h);
    say(p, GET("/big"));
    until(h, http_server_connections(h->server) == 1);
    until(h, http_server_connections(h->server) == 0);
    peer_free(p);
}

/* 8 KB at a time: a slice of 256 KB takes it longer than send_ms. */
static void a_reader_that_takes_little_is_kept(void **state)
{
    struct home *h = *state;
    struct peer *p = peer_new(h);
    int small_window = 16 << 10;
    setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &small_window, sizeof(small_window));
    say(p, GET("/big") GET("/after"));
    for (int64_t began = clock_mono_us(), next = began; clock_mono_us() - began < 3000000;) {
        if (clock_mono_us() >= next) {
            char little[8192];
            ssize_t n = recv(p->fd, little, sizeof(little), MSG_DONTWAIT);
            if (n > 0)
                buf_add(&p->got, little, (size_t)n);
            next += 50000;
        }
        loop_once(h->loop, 5);
        assert_int_equal(http_server_connections(h->server), 1);
    }
    assert_true(p->got.n < (1 << 20));
    until(h, hears(p, "GET /after []"));
    assert_true(p->got.n > (8 << 20));
    peer_free(p);
}

static void refusals_have_their_status_and_close(void **state)
{
    struct home *h = *state;
    static const struct {
        const char *text, *status;
    } rows[] = {
        {"nonsense\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"},
        {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
        {"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n\r\n", "HTTP/1.1 413 "},
        {"PUT / HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\nContent-Length: 1\r\n\r\n", "HTTP/1.1 417 "},
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "HTTP/1.1 505 "},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct peer *p = peer_new(h);
        say(p, rows[i].text);
        until(h, hears(p, rows[i].status));
        assert_true(hears(p, "Connection: close\r\n"));
        until(h, ends(p));
        peer_free(p);
    }
    until(h, http_server_connections(h->server) == 0);
}

static void a_head_without_end_is_431_even_while_the_client_sends(void **state)
{
    struct home *h = *state;
    struct peer *p = peer_new(h);
    static char flood[300000];
    memset(flood, 'x', sizeof(flood) - 1);
    say(p, "GET / HTTP/1.1\r\nHost: a\r\nA: ");
    say(p, flood);
    until(h, hears(p, "HTTP/1.1 431 "));
    peer_free(p);
}

static void a_refusal_comes_after_the_answers_before_it(void **state)
{
    struct home *h = *state;
    struct peer *p = peer_new(h);
    say(p, GET("/hold") "rubbish\r\n\r\n");
    until(h, h->held_count == 1);
    loop_once(h->loop, 5);
    assert_false(hears(p, "400"));
    answer(h->held[0], 200, STR("good"));
    until(h, ends(p));
    assert_true(str_search(buf_view(&p->got), STR("good")) <
                str_search(buf_view(&p->got), STR("HTTP/1.1 400")));
    peer_free(p);
}

static void slow_heads_and_bodies_are_408(void **state)
{
    struct home *h = *state;
    struct peer *head = peer_new(h), *body = peer_new(h), *silent = peer_new(h);
    say(head, "GET / HTTP/1.1\r\nHo");
    say(body, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
    until(h, hears(head, "HTTP/1.1 408 "));
    until(h, hears(body, "HTTP/1.1 408 "));
    until(h, ends(silent));
    assert_int_equal(silent->got.n, 0);
    peer_free(head), peer_free(body), peer_free(silent);
}

static void continue_is_said_before_the_body(void **state)
{
    struct home *h = *state;
    struct peer *p = peer_new(h);
    say(p, "PUT /c HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    until(h, hears(p, "HTTP/1.1 100 Continue\r\n\r\n"));
    say(p, "ok");
    until(h, hears(p, "PUT /c [ok]"));
    peer_free(p);
}

static void connection_close_and_http_1_0_are_heeded(void **state)
{
    struct home *h = *state;
    struct peer *a = peer_new(h), *b = peer_new(h), *c = peer_new(h);
    say(a, "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    until(h, ends(a));
    assert_true(hears(a, "Connection: close\r\n"));
    say(b, "GET /b HTTP/1.0\r\n\r\n");
    until(h, ends(b));
    assert_true(hears(b, "GET /b []"));
    say(c, "GET /c HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    until(h, hears(c, "Connection: keep-alive\r\n"));
    assert_false(ends(c));
    peer_free(a), peer_free(b), peer_free(c);
}

static void headers_cannot_be_injected(void **state)
{
    struct home *h = *state;
    struct peer *p = peer_new(h);
    say(p, GET("/odd"));
    until(h, hears(p, "odd"));
    assert_true(hears(p, "X-Bad: a  Injected:  yes\r\n"));
    assert_true(hears(p, "Content-Length: 3\r\n"));
    assert_false(hears(p, "999"));
    assert_false(hears(p, "no token"));
    peer_free(p);
}

static void a_handler_hears_that_its_client_has_gone(void **state)
{
    struct home *h = *state;
    struct peer *p = peer_new(h);
    say(p, GET("/hold/1") GET("/hold/2"));
    until(h, h->held_count == 2);
    peer_free(p);
    until(h, h->gone == 2);
    answer(h->held[0], 200, STR("to nobody"));
    until(h, true);
    answer(h->held[1], 200, STR("to nobody"));
    until(h, http_server_connections(h->server) == 0);
}

static void answer_the_first_held(void *arg)
{
    struct home *h = arg;
    answer(h->held[h->gone++], 200, STR("from gone"));
}

static void a_handler_may_answer_when_it_hears_that(void **state)
{
    struct home *h = *state;
    for (int half = 0; half < 2; half++) {
        struct peer *p = peer_new(h);
        h->held_count = h->gone = 0;
        say(p, GET("/hold/1") GET("/early") GET("/hold/2"));
        until(h, h->held_count == 2);
        for (int i = 0; i < 2; i++)
            http_exchange_on_gone(h->held[i], answer_the_first_held, h);
        if (half)
            shutdown(p->fd, SHUT_WR);
        else
            peer_free(p);
        until(h, h->gone == 2);
        until(h, http_server_connections(h->server) == 0);
        if (half)
            peer_free(p);
    }
}

static void a_half_closed_client_gets_its_answer(void **state)
{
    struct home *h = *state;
    struct peer *p = peer_new(h);
    say(p, GET("/hold"));
    until(h, h->held_count == 1);
    shutdown(p->fd, SHUT_WR);
    until(h, h->gone == 1);
    answer(h->held[0], 200, STR("still here"));
    until(h, ends(p));
    assert_true(hears(p, "still here"));
    peer_free(p);
}

static void connections_over_the_ceiling_get_503(void **state)
{
    struct home *h = *state;
    struct peer *many[60];
    for (int i = 0; i < 60; i++) {
        many[i] = peer_new(h);
        loop_once(h->loop, 1);
    }
    until(h, hears(many[59], "HTTP/1.1 503 "));
    say(many[0], GET("/first"));
    until(h, hears(many[0], "GET /first"));
    for (int i = 0; i < 60; i++)
        peer_free(many[i]);
}

static void on_stopped(void *arg)
{
    struct home *h = arg;
    h->stopped++;
}

static void stopping_finishes_what_runs(void **state)
{
    struct home *h = *state;
    struct peer *idle = peer_new(h), *busy = peer_new(h);
    say(idle, GET("/x"));
    until(h, hears(idle, "GET /x"));
    say(busy, GET("/hold"));
    until(h, h->held_count == 1);
    http_server_stop(h->server, on_stopped, h);
    until(h, ends(idle));
    assert_int_equal(h->stopped, 0);
    answer(h->held[0], 200, STR("the last"));
    until(h, h->stopped == 1);
    until(h, ends(busy));
    assert_true(hears(busy, "Connection: close\r\n"));
    assert_true(hears(busy, "the last"));
    peer_free(idle), peer_free(busy);
}

static void free_server(void *arg)
{
    struct home *h = arg;
    http_server_free(h->server);
    h->server = NULL;
    h->stopped++;
}

static void a_server_may_be_freed_when_it_has_stopped(void **state)
{
    struct home *h = *state;
    struct peer *p = peer_new(h);
    say(p, GET("/hold"));
    until(h, h->held_count == 1);
    http_server_stop(h->server, free_server, h);
    answer(h->held[0], 200, STR("the last"));
    until(h, h->stopped == 1);
    until(h, hears(p, "the last"));
    peer_free(p);
}

static void an_exchange_outlives_its_server(void **state)
{
    struct home *h = *state;
    struct peer *p = peer_new(h);
    say(p, GET("/hold") GET("/early") GET("/hold"));
    until(h, h->held_count == 2);
    http_server_free(h->server);
    h->server = NULL;
    assert_int_equal(h->gone, 2);
    loop_once(h->loop, 1);
    answer(h->held[0], 200, STR("to nobody"));
    answer(h->held[1], 200, STR("to nobody"));
    peer_free(p);
}

static void a_port_in_use_is_busy(void **state)
{
    struct home *h = *state;
    enum rc rc;
    assert_null(http_server_new(h->loop, "127.0.0.1", http_server_port(h->server), NULL, handle, h, &rc));
    assert_int_equal(rc, RC_BUSY);
    assert_null(http_server_new(h->loop, "not.an.address", 0, NULL, handle, h, &rc));
    assert_int_equal(rc, RC_BAD);
}

/* --- the client */

struct fetched {
    int count, status;
    enum rc rc;
    char why[100], body[200], header[40];
};

static void on_fetched(void *arg, const struct http_fetch_result *r)
{
    struct fetched *f = arg;
    f->count++;
    f->rc = r->rc;
    f->status = r->reply.status;
    str_copy(str_z(r->why), f->why, sizeof(f->why));
    str_copy(r->reply.body, f->body, sizeof(f->body));
    str_copy(http_header_get(&r->reply.headers, "content-length"), f->header, sizeof(f->header));
}

static struct fetched fetch(struct home *h, struct http_fetch_request r, const char *fmt)
{
    struct fetched f = {0};
    struct arena a;
    arena_init(&a);
    r.url = arena_printf(&a, "%s", fmt);
    if (str_search(r.url, STR("PORT")) >= 0)
        r.url = arena_printf(&a, "http://localhost:%d%s", http_server_port(h->server), strchr(fmt + 7, '/'));
    http_fetch(h->loop, &r, on_fetched, &f);
    assert_int_equal(f.count, 0);
    until(h, f.count == 1);
    arena_release(&a);
    return f;
}

static void the_client_asks_and_hears(void **state)
{
    struct home *h = *state;
    struct fetched f = fetch(h, (struct http_fetch_request){0}, "http://PORT/a?b=c#d");
    assert_int_equal(f.rc, RC_OK);
    assert_int_equal(f.status, 200);
    assert_string_equal(f.body, "GET /a?b=c []");
    assert_string_equal(f.header, "13");
    f = fetch(h, (struct http_fetch_request){.method = STR("PUT"), .body = STR("body")}, "http://PORT/p");
    assert_string_equal(f.body, "PUT /p [body]");
    f = fetch(h, (struct http_fetch_request){.method = STR("HEAD")}, "http://PORT/h");
    assert_int_equal(f.rc, RC_OK);
    assert_string_equal(f.body, "");
}

static void the_client_says_what_went_wrong(void **state)
{
    struct home *h = *state;
    struct fetched f = fetch(h, (struct http_fetch_request){0}, "https://example.com/");
    assert_int_equal(f.rc, RC_BAD);
    assert_string_equal(f.why, "https is not supported by tidepool yet");
    assert_int_equal(fetch(h, (struct http_fetch_request){0}, "ftp://x/").rc, RC_BAD);
    assert_int_equal(fetch(h, (struct http_fetch_request){0}, "http://x:0/").rc, RC_BAD);
    assert_int_equal(fetch(h, (struct http_fetch_request){0}, "http:///x").rc, RC_BAD);
    assert_int_equal(fetch(h, (struct http_fetch_request){0}, "http://a/ HTTP/1.1\r\nX: y").rc, RC_BAD);
    f = fetch(h, (struct http_fetch_request){0}, "http://127.0.0.1:1/");
    assert_int_equal(f.rc, RC_IO);
    assert_string_equal(f.why, "connection refused");
    f = fetch(h, (struct http_fetch_request){.timeout_ms = 50}, "http://PORT/hold");
    assert_int_equal(f.rc, RC_TIMEOUT);
    until(h, h->gone == 1);
    answer(h->held[0], 200, STR(""));
    assert_int_equal(fetch(h, (struct http_fetch_request){.body_max = 1000}, "http://PORT/big").rc, RC_FULL);
}

static void a_cancelled_fetch_says_nothing(void **state)
{
    struct home *h = *state;
    struct fetched f = {0};
    struct http_fetch_request slow = {.url = STR("http://127.0.0.1:9/")};
    http_fetch_cancel(http_fetch(h->loop, &slow, on_fetched, &f));
    struct http_fetch_request named = {.url = STR("http://no-such-host.invalid/")};
    http_fetch_cancel(http_fetch(h->loop, &named, on_fetched, &f));
    struct http_fetch_request wrong = {.url = STR("nonsense")};
    http_fetch_cancel(http_fetch(h->loop, &wrong, on_fetched, &f));
    for (int i = 0; i < 10; i++)
        loop_once(h->loop, 2);
    assert_int_equal(f.count, 0);
}

#define served(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
#define served_impatiently(t) cmocka_unit_test_setup_teardown(t, setup_impatient, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        served(a_request_is_answered_and_the_connection_kept),
        served(head_and_204_have_no_body),
        served(pipelined_answers_keep_the_order),
        served(many_pipelined_requests_wait_for_each_other),
        served(requests_in_single_bytes_are_whole_at_the_end),
        served(a_large_answer_passes_a_slow_reader),
        served_impatiently(a_reader_that_takes_nothing_is_left),
        served_impatiently(a_reader_that_takes_little_is_kept),
        served(refusals_have_their_status_and_close),
        served(a_head_without_end_is_431_even_while_the_client_sends),
        served(a_refusal_comes_after_the_answers_before_it),
        served_impatiently(slow_heads_and_bodies_are_408),
        served(continue_is_said_before_the_body),
        served(connection_close_and_http_1_0_are_heeded),
        served(headers_cannot_be_injected),
        served(a_handler_hears_that_its_client_has_gone),
        served(a_handler_may_answer_when_it_hears_that),
        served(a_half_closed_client_gets_its_answer),
        served(connections_over_the_ceiling_get_503),
        served(stopping_finishes_what_runs),
        served(a_server_may_be_freed_when_it_has_stopped),
        served(an_exchange_outlives_its_server),
        served(a_port_in_use_is_busy),
        served(the_client_asks_and_hears),
        served(the_client_says_what_went_wrong),
        served(a_cancelled_fetch_says_nothing),
    };
    return cmocka_run_group_tests_name("http_server", tests, NULL, NULL);
}
