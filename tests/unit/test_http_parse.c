/* The HTTP parser: whole, in pieces, pipelined, over its limits, and in shapes that mean harm. */
#include "core/http_parse.h"
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct http_parse_limits usual = {2000, 200, 1000};

#define HOST "Host: localhost\r\n"

/* Reads in pieces of n bytes, each in memory that is freed before the next, so that the sanitizer sees a view
 * that was not put aside.  Returns what the first message came to. */
static enum http_parse in_pieces(struct http_parser *p, struct str text, size_t n, struct arena *a,
                                 struct http_request *out)
{
    enum http_parse got = HTTP_MORE;
    while (text.n && got == HTTP_MORE) {
        size_t part = text.n < n ? text.n : n;
        char *copy = malloc(part);
        memcpy(copy, text.p, part);
        struct str in = str_n(copy, part);
        got = http_parser_read(p, &in);
        if (got == HTTP_DONE)
            http_parser_request(p, a, out);
        free(copy);
        text = str_n(text.p + part, text.n - part);
    }
    return got;
}

/* The status with which these bytes are refused; 200: a whole request; 0: it wants more. */
static int status_of(struct str text, size_t piece)
{
    struct http_parser *p = http_parser_new(HTTP_REQUESTS, &usual);
    struct http_request r;
    struct arena a;
    const char *why = NULL;
    arena_init(&a);
    enum http_parse got = in_pieces(p, text, piece, &a, &r);
    int status = got == HTTP_BAD ? http_parser_fault(p, &why) : got == HTTP_DONE ? 200 : 0;
    arena_release(&a);
    http_parser_free(p);
    return status;
}

static void assert_refused(int status, struct str text)
{
    assert_int_equal(status_of(text, text.n), status);
    assert_int_equal(status_of(text, 1), status);
}

#define assert_str(s, z) assert_true(str_is((s), (z)))

static const char post[] = "POST /a/b?x=1&y HTTP/1.1\r\n" HOST "Content-Type:  text/plain \r\n"
                           "Empty:\r\nX-Last: v\r\nContent-Length: 5\r\n\r\nhello";

static void check_post(const struct http_request *r)
{
    assert_str(r->method, "POST");
    assert_str(r->target, "/a/b?x=1&y");
    assert_str(r->path, "/a/b");
    assert_str(r->query, "x=1&y");
    assert_int_equal(r->minor, 1);
    assert_int_equal(r->headers.n, 5);
    assert_str(r->headers.list[1].name, "Content-Type");
    assert_str(http_header_get(&r->headers, "content-type"), "text/plain");
    assert_str(http_header_get(&r->headers, "empty"), "");
    assert_str(http_header_get(&r->headers, "x-last"), "v");
    assert_null(http_header_get(&r->headers, "absent").p);
    assert_str(r->body, "hello");
}

static void a_request_reads_the_same_in_pieces_of_any_size(void **state)
{
    (void)state;
    for (size_t n = 1; n <= sizeof(post) - 1; n++) {
        struct http_parser *p = http_parser_new(HTTP_REQUESTS, &usual);
        struct http_request r;
        struct arena a;
        arena_init(&a);
        assert_int_equal(in_pieces(p, STR(post), n, &a, &r), HTTP_DONE);
        check_post(&r);
        assert_true(http_parser_keep_alive(p));
        arena_release(&a);
        http_parser_free(p);
    }
}

static void a_request_split_at_every_byte_reads_the_same(void **state)
{
    (void)state;
    struct http_parser *p = http_parser_new(HTTP_REQUESTS, &usual);
    for (size_t cut = 1; cut < sizeof(post) - 1; cut++) {
        struct http_request r;
        struct arena a;
        arena_init(&a);
        char *first = malloc(cut);
        memcpy(first, post, cut);
        struct str in = str_n(first, cut);
        assert_int_equal(http_parser_read(p, &in), HTTP_MORE);
        assert_int_not_equal(http_parser_stage(p), HTTP_NOTHING);
        free(first);
        in = str_n(post + cut, sizeof(post) - 1 - cut);
        assert_int_equal(http_parser_read(p, &in), HTTP_DONE);
        assert_int_equal(http_parser_stage(p), HTTP_NOTHING);
        http_parser_request(p, &a, &r);
        check_post(&r);
        arena_release(&a);
    }
    http_parser_free(p);
}

static void pipelined_requests_come_one_by_one(void **state)
{
    (void)state;
    struct http_parser *p = http_parser_new(HTTP_REQUESTS, &usual);
    struct str in = STR("GET /1 HTTP/1.1\r\n" HOST "\r\nPOST /2 HTTP/1.1\r\n" HOST
                        "Content-Length: 2\r\n\r\nabGET /3 HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    static const char *const paths[] = {"/1", "/2", "/3"};
    for (int i = 0; i < 3; i++) {
        struct http_request r;
        struct arena a;
        arena_init(&a);
        assert_int_equal(http_parser_read(p, &in), HTTP_DONE);
        http_parser_request(p, &a, &r);
        assert_str(r.path, paths[i]);
        assert_int_equal(http_parser_keep_alive(p), i < 2);
        arena_release(&a);
    }
    assert_int_equal(in.n, 0);
    http_parser_free(p);
}

static void chunks_are_joined_and_trailers_left_out(void **state)
{
    (void)state;
    static const char text[] = "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                               "3;ext=1\r\nabc\r\n4\r\ndefg\r\n0\r\nX-Trailer: t\r\n\r\n";
    for (size_t n = 1; n <= sizeof(text) - 1; n++) {
        struct http_parser *p = http_parser_new(HTTP_REQUESTS, &usual);
        struct http_request r;
        struct arena a;
        arena_init(&a);
        assert_int_equal(in_pieces(p, STR(text), n, &a, &r), HTTP_DONE);
        assert_str(r.body, "abcdefg");
        assert_null(http_header_get(&r.headers, "x-trailer").p);
        arena_release(&a);
        http_parser_free(p);
    }
}

static void absolute_targets_keep_their_path(void **state)
{
    (void)state;
    struct http_parser *p = http_parser_new(HTTP_REQUESTS, &usual);
    struct http_request r;
    struct arena a;
    arena_init(&a);
    struct str in = STR("GET http://localhost:3000/a?b HTTP/1.0\r\n\r\nOPTIONS * HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(http_parser_read(p, &in), HTTP_DONE);
    http_parser_request(p, &a, &r);
    assert_str(r.path, "/a");
    assert_str(r.query, "b");
    assert_int_equal(r.minor, 0);
    assert_false(http_parser_keep_alive(p));
    assert_int_equal(http_parser_read(p, &in), HTTP_DONE);
    http_parser_request(p, &a, &r);
    assert_str(r.path, "*");
    assert_null(r.query.p);
    arena_release(&a);
    http_parser_free(p);
}

static void continue_is_asked_for_once_and_only_before_the_body(void **state)
{
    (void)state;
    struct http_parser *p = http_parser_new(HTTP_REQUESTS, &usual);
    struct str in = STR("POST / HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\nContent-Length: 3\r\n\r\n");
    assert_int_equal(http_parser_read(p, &in), HTTP_MORE);
    assert_int_equal(http_parser_stage(p), HTTP_IN_BODY);
    assert_true(http_parser_continue(p));
    assert_false(http_parser_continue(p));
    http_parser_reset(p);
    in = STR("POST / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 3\r\n\r\na");
    assert_int_equal(http_parser_read(p, &in), HTTP_MORE);
    assert_false(http_parser_continue(p));
    http_parser_free(p);
}

static struct str repeated(char *room, const char *head, size_t n, const char *tail)
{
    size_t at = strlen(head);
    memcpy(room, head, at);
    memset(room + at, 'x', n);
    memcpy(room + at + n, tail, strlen(tail) + 1);
    return str_z(room);
}

static void limits_have_their_statuses(void **state)
{
    (void)state;
    static char room[20000];
    assert_refused(414, repeated(room, "GET /", 200, " HTTP/1.1\r\n" HOST "\r\n"));
    assert_refused(200, repeated(room, "GET /", 199, " HTTP/1.1\r\n" HOST "\r\n"));
    assert_refused(431, repeated(room, "GET / HTTP/1.1\r\n" HOST "A: ", 2000, "\r\n\r\n"));
    assert_refused(431, repeated(room, "GET / HTTP/1.1\r\n" HOST "A: ", 5000, "")); /* never ends */
    assert_refused(200, repeated(room, "GET / HTTP/1.1\r\n" HOST "A: ", 1900, "\r\n\r\n"));
    assert_refused(413, STR("PUT / HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n\r\n"));
    assert_refused(413, STR("PUT / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551615\r\n\r\n"));
    assert_refused(413, repeated(room, "PUT / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3e9\r\n",
                                 1001, "\r\n0\r\n\r\n"));
    assert_refused(200, repeated(room, "PUT / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3e8\r\n",
                                 1000, "\r\n0\r\n\r\n"));
    assert_refused(431, repeated(room, "PUT / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\nT: ",
                                 3000, "\r\n\r\n"));
}

#define CHUNKED "PUT / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"

/* Chunks of one byte, each with an extension of n bytes. */
static void assert_extensions(int status, int chunks, int n)
{
    struct buf b;
    buf_init(&b, 1u << 20);
    buf_z(&b, CHUNKED);
    for (int i = 0; i < chunks; i++)
        buf_printf(&b, "1;%0*d\r\nx\r\n", n - 1, 0);
    buf_z(&b, "0\r\n\r\n");
    assert_refused(status, buf_view(&b));
    buf_release(&b);
}

static void chunk_extensions_have_a_ceiling(void **state)
{
    (void)state;
    static char room[40000];
    assert_extensions(200, 1000, 5); /* many small ones */
    assert_extensions(200, 1, 16000);
    assert_extensions(413, 1, 17000);
    assert_extensions(413, 200, 200); /* 40 KB in all */
    assert_refused(413, repeated(room, CHUNKED "0;", 17000, "\r\n\r\n"));
    assert_refused(413, repeated(room, CHUNKED "0;", 17000, "\r\nT: x\r\n\r\n"));
    assert_refused(413, repeated(room, CHUNKED "0;", 20000, "")); /* never ends */
}

static void http_1_0_with_chunks_is_the_connections_last(void **state)
{
    (void)state;
    struct str
        one = STR("POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        two = STR("POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n");
    struct http_parser *p = http_parser_new(HTTP_REQUESTS, &usual);
    assert_int_equal(http_parser_read(p, &one), HTTP_DONE);
    assert_false(http_parser_keep_alive(p));
    assert_int_equal(http_parser_read(p, &two), HTTP_DONE);
    assert_true(http_parser_keep_alive(p));
    http_parser_free(p);
}

static void too_many_headers_are_431(void **state)
{
    (void)state;
    struct http_parse_limits wide = {64 << 10, 200, 1000};
    struct http_parser *p = http_parser_new(HTTP_REQUESTS, &wide);
    struct buf b;
    const char *why;
    buf_init(&b, 64 << 10);
    buf_z(&b, "GET / HTTP/1.1\r\n" HOST);
    for (int i = 0; i < HTTP_FIELDS_MAX; i++)
        buf_z(&b, "a: b\r\n");
    buf_z(&b, "\r\n");
    struct str in = buf_view(&b);
    assert_int_equal(http_parser_read(p, &in), HTTP_BAD);
    assert_int_equal(http_parser_fault(p, &why), 431);
    buf_release(&b);
    http_parser_free(p);
}

static void shapes_that_smuggle_are_refused(void **state)
{
    (void)state;
    static const struct {
        int status;
        struct str text;
    } rows[] = {
        /* two ways to say how long */
        {400, STR_INIT("POST / HTTP/1.1\r\n" HOST
                       "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")},
        {400, STR_INIT("POST / HTTP/1.1\r\n" HOST
                       "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n")},
        {400, STR_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd")},
        {400, STR_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\nabc")},
        {400, STR_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: +3\r\n\r\nabc")},
        {400, STR_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: 0x3\r\n\r\nabc")},
        {400, STR_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n")},
        {400, STR_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length : 3\r\n\r\nabc")},
        /* codings that somebody else may read differently */
        {501, STR_INIT("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")},
        {400, STR_INIT("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n")},
        /* chunks */
        {400, STR_INIT("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nzz\r\n")},
        {400, STR_INIT("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n-1\r\n")},
        {400, STR_INIT("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n")},
        {400, STR_INIT("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n")},
        {400, STR_INIT("POST / HTTP/1.1\r\n" HOST
                       "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n")},
        /* folds, zeros, controls, spaces */
        {400, STR_INIT("GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n")},
        {400, STR_INIT("GET / HTTP/1.1\r\n" HOST "A:\r\n c\r\n\r\n")},
        {400, STR_INIT("GET / HTTP/1.1\r\n" HOST "A: b\0c\r\n\r\n")},
        {400, STR_INIT("GET / HTTP/1.1\r\n" HOST "A\0: b\r\n\r\n")},
        {400, STR_INIT("GET /\0 HTTP/1.1\r\n" HOST "\r\n")},
        {400, STR_INIT("GET / HTTP/1.1\r\n" HOST "A: b\rc\r\n\r\n")},
        {400, STR_INIT("GET / HTTP/1.1\r\n" HOST " A: b\r\n\r\n")},
        {400, STR_INIT("GET / HTTP/1.1\r\n" HOST "A b: c\r\n\r\n")},
        {400, STR_INIT("GET / HTTP/1.1\r\n" HOST ": c\r\n\r\n")},
        {400, STR_INIT("GET / x HTTP/1.1\r\n" HOST "\r\n")},
        /* hosts, versions, methods, targets */
        {400, STR_INIT("GET / HTTP/1.1\r\n\r\n")},
        {400, STR_INIT("GET / HTTP/1.1\r\n" HOST HOST "\r\n")},
        {505, STR_INIT("GET / HTTP/3.7\r\n" HOST "\r\n")},
        {505, STR_INIT("GET / HTTP/2.0\r\n" HOST "\r\n")},
        {400, STR_INIT("GET / FTP/1.1\r\n" HOST "\r\n")},
        {400, STR_INIT("FROB / HTTP/1.1\r\n" HOST "\r\n")},
        {400, STR_INIT("get / HTTP/1.1\r\n" HOST "\r\n")},
        {501, STR_INIT("CONNECT localhost:80 HTTP/1.1\r\n" HOST "\r\n")},
        {417, STR_INIT("POST / HTTP/1.1\r\n" HOST "Expect: miracles\r\nContent-Length: 1\r\n\r\n")},
        {400, STR_INIT("\x16\x03\x01\x02 tls hello")},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int whole = status_of(rows[i].text, rows[i].text.n), split = status_of(rows[i].text, 1);
        if (whole != rows[i].status || split != rows[i].status)
            fail_msg("row %zu: %d and %d instead of %d: %.*s", i, whole, split, rows[i].status,
                     STR_ARG(rows[i].text));
    }
}

static void an_offer_to_upgrade_is_a_plain_request(void **state)
{
    (void)state;
    struct str two = STR("GET /1 HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
                         "GET /2 HTTP/1.1\r\n" HOST "\r\n");
    struct http_parser *p = http_parser_new(HTTP_REQUESTS, &usual);
    assert_int_equal(http_parser_read(p, &two), HTTP_DONE);
    assert_true(http_parser_keep_alive(p));
    assert_int_equal(http_parser_read(p, &two), HTTP_DONE);
    http_parser_free(p);
}

/* --- responses */

static enum http_parse answer(struct http_parser *p, const char *text, bool end, struct arena *a,
                              struct http_reply *r)
{
    struct str in = str_z(text);
    enum http_parse got = http_parser_read(p, &in);
    if (got == HTTP_MORE && end)
        got = http_parser_end(p);
    if (got == HTTP_DONE)
        http_parser_response(p, a, r);
    return got;
}

static void responses_end_by_length_by_chunk_or_by_close(void **state)
{
    (void)state;
    struct http_parser *p = http_parser_new(HTTP_RESPONSES, &usual);
    struct http_reply r;
    struct arena a;
    arena_init(&a);
    assert_int_equal(answer(p, "HTTP/1.1 201 Created\r\nX: y\r\nContent-Length: 2\r\n\r\nhi", false, &a, &r),
                     HTTP_DONE);
    assert_int_equal(r.status, 201);
    assert_str(r.body, "hi");
    assert_str(http_header_get(&r.headers, "x"), "y");
    assert_int_equal(
        answer(p, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", false, &a, &r),
        HTTP_DONE);
    assert_str(r.body, "a");
    static const char *const bodiless[] = {
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof bodiless / sizeof *bodiless; i++) {
        assert_int_equal(answer(p, bodiless[i], false, &a, &r), HTTP_DONE);
        assert_int_equal(r.body.n, 0);
    }
    assert_int_equal(answer(p, "HTTP/1.1 200 OK\r\n\r\nuntil the end", true, &a, &r), HTTP_DONE);
    assert_str(r.body, "until the end");
    http_parser_reset(p);
    assert_int_equal(answer(p, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", true, &a, &r), HTTP_BAD);
    http_parser_reset(p);
    http_parser_no_body(p);
    assert_int_equal(answer(p, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", false, &a, &r), HTTP_DONE);
    http_parser_reset(p);
    assert_int_equal(answer(p, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", false, &a, &r), HTTP_BAD);
    arena_release(&a);
    http_parser_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_reads_the_same_in_pieces_of_any_size),
        cmocka_unit_test(a_request_split_at_every_byte_reads_the_same),
        cmocka_unit_test(pipelined_requests_come_one_by_one),
        cmocka_unit_test(chunks_are_joined_and_trailers_left_out),
        cmocka_unit_test(absolute_targets_keep_their_path),
        cmocka_unit_test(continue_is_asked_for_once_and_only_before_the_body),
        cmocka_unit_test(limits_have_their_statuses),
        cmocka_unit_test(chunk_extensions_have_a_ceiling),
        cmocka_unit_test(http_1_0_with_chunks_is_the_connections_last),
        cmocka_unit_test(too_many_headers_are_431),
        cmocka_unit_test(shapes_that_smuggle_are_refused),
        cmocka_unit_test(an_offer_to_upgrade_is_a_plain_request),
        cmocka_unit_test(responses_end_by_length_by_chunk_or_by_close),
    };
    return cmocka_run_group_tests_name("http_parse", tests, NULL, NULL);
}
