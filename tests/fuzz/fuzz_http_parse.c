/* Any bytes, cut anywhere: the parser ends, keeps its limits, and reads the same whole as in pieces. */
#include "base/rc.h"
#include "core/http_parse.h"
#include <stdlib.h>

static const struct http_parse_limits limits = {4096, 512, 4096};

struct reading {
    int messages, status;
    size_t bytes; /* of all bodies and headers: a cheap digest */
};

static void take(struct http_parser *p, enum http_parser_kind kind, struct reading *r)
{
    struct arena a;
    struct http_request request;
    struct http_reply reply;
    arena_init(&a);
    if (kind == HTTP_REQUESTS)
        http_parser_request(p, &a, &request);
    else
        http_parser_response(p, &a, &reply);
    if (kind == HTTP_REQUESTS && (request.target.n > limits.target || !request.method.n))
        BUG("a target over its limit");
    const struct http_headers *h = kind == HTTP_REQUESTS ? &request.headers : &reply.headers;
    struct str body = kind == HTTP_REQUESTS ? request.body : reply.body;
    if (body.n > limits.body || h->n > HTTP_FIELDS_MAX)
        BUG("a body over its limit");
    for (size_t i = 0; i < h->n; i++) {
        struct str value = h->list[i].value;
        if (memchr(value.p, '\n', value.n) || memchr(value.p, 0, value.n))
            BUG("a header over lines");
        r->bytes += value.n + h->list[i].name.n;
    }
    r->bytes += body.n;
    r->messages++;
    arena_release(&a);
}

static void read_piece(struct http_parser *p, enum http_parser_kind kind, struct str in, struct reading *r)
{
    const char *why;
    while (in.n && !r->status) {
        enum http_parse got = http_parser_read(p, &in);
        if (got == HTTP_DONE)
            take(p, kind, r);
        if (got == HTTP_BAD)
            r->status = http_parser_fault(p, &why);
    }
}

/* Pieces of `n` bytes, each in memory of its own that is freed before the next. */
static struct reading read_all(enum http_parser_kind kind, struct str text, size_t n)
{
    struct http_parser *p = http_parser_new(kind, &limits);
    struct reading r = {0};
    while (text.n && !r.status) {
        struct str part = str_sub(text, 0, n);
        char *copy = xmalloc(part.n);
        memcpy(copy, part.p, part.n);
        read_piece(p, kind, str_n(copy, part.n), &r);
        free(copy);
        text = str_sub(text, part.n, text.n);
    }
    if (!r.status && http_parser_stage(p) != HTTP_NOTHING && http_parser_end(p) == HTTP_DONE)
        take(p, kind, &r);
    http_parser_free(p);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says what is read, and in pieces of which size. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    enum http_parser_kind kind = data[0] & 1 ? HTTP_RESPONSES : HTTP_REQUESTS;
    size_t piece = 1 + data[0] / 2;
    struct str text = str_n(data + 1, size - 1);
    struct reading whole = read_all(kind, text, text.n), split = read_all(kind, text, piece);
    if (whole.messages != split.messages || whole.bytes != split.bytes)
        BUG("%d messages (%zu bytes) whole, %d (%zu) in pieces of %zu", whole.messages, whole.bytes,
            split.messages, split.bytes, piece);
    return 0;
}
