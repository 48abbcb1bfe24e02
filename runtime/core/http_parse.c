#include "core/http_parse.h"
#include "base/rc.h"
#include <llhttp.h>
#include <stdlib.h>

#define CHUNK_LINE 32 /* a chunk's size, and the line ends around it, need no more */
#define CHUNK_EXTENSIONS_MAX (16u << 10)

/* Places are kept as offsets from the first byte of the head, so it does not matter whether the head lies in
 * the reader's buffer or, when it came in pieces, in `head`. */
struct span {
    uint32_t at, n;
};

struct field {
    struct span name, value;
};

struct http_parser {
    llhttp_t ll;
    llhttp_settings_t settings;
    struct http_parse_limits limits;

    /* the piece that is being read */
    const char *piece;
    size_t piece_n;
    size_t piece_at; /* offset of its first byte; only meaningful in the head */

    /* the head */
    struct span target;
    struct field *fields;
    size_t field_count, field_cap;
    bool in_value;
    const char *raw; /* once the head is whole: its first byte, in the piece or in `head` */
    struct buf head;

    /* the body: in one span of the piece, or collected */
    struct str body_view;
    struct buf body;
    size_t trailer_bytes;

    /* chunks: where the last bytes of head or body ended in this piece, how many came after them in earlier
     * pieces, and how many such bytes beyond what a size needs were seen in all: extensions */
    size_t framing_at, framing_before, extension_bytes;

    bool begun, head_done, done, keep_alive, wants_continue, no_body;
    int status;
    const char *why;
};

static struct http_parser *of(llhttp_t *ll)
{
    return ll->data;
}

static int refuse(struct http_parser *p, int status, const char *why)
{
    p->status = status;
    p->why = why;
    return HPE_USER;
}

/* --- the head */

/* llhttp gives a span in pieces when it crosses reads; false: the new piece does not go on where the old one
 * ended. */
static bool extend(struct http_parser *p, struct span *s, const char *at, size_t n)
{
    uint32_t from = (uint32_t)(p->piece_at + (size_t)(at - p->piece));
    if (s->n == 0)
        s->at = from;
    else if (s->at + s->n != from)
        return false;
    s->n += (uint32_t)n;
    return true;
}

static int on_url(llhttp_t *ll, const char *at, size_t n)
{
    struct http_parser *p = of(ll);
    extend(p, &p->target, at, n);
    if (p->target.n > p->limits.target)
        return refuse(p, 414, "the request's target is too long");
    return 0;
}

/* llhttp reads chunk extensions and tells nothing of them: what lies between the bytes of two chunks and is
 * longer than a size with its line ends is counted.  Trailers are counted where they are read. */
static int count_extension(struct http_parser *p, size_t at)
{
    size_t gap = p->framing_before + (at - p->framing_at);
    if (p->trailer_bytes == 0 && gap > CHUNK_LINE)
        p->extension_bytes += gap - CHUNK_LINE;
    if (p->extension_bytes > CHUNK_EXTENSIONS_MAX)
        return refuse(p, 413, "chunk extensions are too long");
    return 0;
}

static int on_trailer(struct http_parser *p, const char *at, size_t n)
{
    if (count_extension(p, (size_t)(at - p->piece)) != 0)
        return HPE_USER;
    p->trailer_bytes += n;
    if (p->trailer_bytes > p->limits.head)
        return refuse(p, 431, "trailers are too long");
    return 0;
}

static int new_field(struct http_parser *p)
{
    if (p->field_count == HTTP_FIELDS_MAX)
        return refuse(p, 431, "too many headers");
    if (p->field_count == p->field_cap) {
        p->field_cap = p->field_cap ? p->field_cap * 2 : 16;
        p->fields = xrealloc(p->fields, p->field_cap * sizeof(*p->fields));
    }
    p->fields[p->field_count++] = (struct field){{0, 0}, {0, 0}};
    p->in_value = false;
    return 0;
}

static int on_field(llhttp_t *ll, const char *at, size_t n)
{
    struct http_parser *p = of(ll);
    if (p->head_done)
        return on_trailer(p, at, n);
    bool goes_on = p->field_count && !p->in_value && extend(p, &p->fields[p->field_count - 1].name, at, n);
    if (goes_on)
        return 0;
    if (new_field(p) != 0)
        return HPE_USER;
    extend(p, &p->fields[p->field_count - 1].name, at, n);
    return 0;
}

static int on_value(llhttp_t *ll, const char *at, size_t n)
{
    struct http_parser *p = of(ll);
    if (p->head_done)
        return on_trailer(p, at, n);
    p->in_value = true;
    if (!extend(p, &p->fields[p->field_count - 1].value, at, n))
        return refuse(p, 400, "a header is folded over lines");
    return 0;
}

static struct str view(const struct http_parser *p, struct span s)
{
    return str_n(p->raw + s.at, s.n);
}

/* Where the last thing of the head that we keep ends. */
static size_t head_end(const struct http_parser *p)
{
    size_t end = p->target.at + p->target.n;
    if (p->field_count) {
        const struct field *last = &p->fields[p->field_count - 1];
        struct span s = last->value.n ? last->value : last->name;
        end = s.at + s.n;
    }
    return end;
}

/* Makes the head's bytes lie in one run. */
static void gather_head(struct http_parser *p)
{
    if (p->head.n == 0) {
        p->raw = p->piece;
        return;
    }
    size_t end = head_end(p);
    if (end > p->piece_at)
        buf_add(&p->head, p->piece, end - p->piece_at);
    p->raw = p->head.p;
}

/* A value that begins on the line after its name. */
static bool folded(const struct http_parser *p, const struct field *f)
{
    size_t from = f->name.at + f->name.n;
    return f->value.n && f->value.at > from + 2 && memchr(p->raw + from, '\n', f->value.at - from);
}

static int check_field(struct http_parser *p, const struct field *f, int *hosts)
{
    if (folded(p, f))
        return refuse(p, 400, "a header is folded over lines");
    struct str name = view(p, f->name), value = view(p, f->value);
    switch (name.n) {
    case 0:
        return refuse(p, 400, "a header has no name");
    case 4:
        *hosts += str_ieq(name, STR("host"));
        break;
    case 6:
        if (!str_ieq(name, STR("expect")))
            break;
        if (!str_ieq(str_trim(value), STR("100-continue")))
            return refuse(p, 417, "the expectation is not known");
        p->wants_continue = true;
        break;
    case 17:
        if (str_ieq(name, STR("transfer-encoding")) && !str_ieq(str_trim(value), STR("chunked")))
            return refuse(p, 501, "the transfer coding is not known");
        break;
    }
    return 0;
}

static int check_target(struct http_parser *p)
{
    struct str t = view(p, p->target);
    if (t.n &&
        (t.p[0] == '/' || str_is(t, "*") || str_starts(t, STR("http://")) || str_starts(t, STR("https://"))))
        return 0;
    return refuse(p, 400, "the request's target is no path");
}

static int check_request(struct http_parser *p)
{
    int hosts = 0;
    if (p->ll.http_major != 1)
        return refuse(p, 505, "the HTTP version is not supported");
    if (p->ll.method == HTTP_CONNECT)
        return refuse(p, 501, "CONNECT is not supported");
    for (size_t i = 0; i < p->field_count; i++)
        if (check_field(p, &p->fields[i], &hosts) != 0)
            return HPE_USER;
    if (hosts > 1 || (hosts == 0 && p->ll.http_minor > 0))
        return refuse(p, 400, "there must be one Host header");
    if ((p->ll.flags & F_TRANSFER_ENCODING) && (p->ll.flags & F_CONTENT_LENGTH))
        return refuse(p, 400, "both Content-Length and Transfer-Encoding");
    return check_target(p);
}

/* Answers of these statuses have no body, whatever their headers say (RFC 9112, 6.3): what comes after one is
 * not a part of it. */
static bool has_no_body(const llhttp_t *ll)
{
    int status = ll->status_code;
    return ll->type == HTTP_RESPONSE && (status < 200 || status == 204 || status == 304);
}

/* The body's bytes are counted from here on. */
static void begin_framing(struct http_parser *p)
{
    size_t end = head_end(p);
    p->framing_at = end > p->piece_at ? end - p->piece_at : 0;
    p->framing_before = 0;
}

static int on_headers_complete(llhttp_t *ll)
{
    struct http_parser *p = of(ll);
    gather_head(p);
    if (head_end(p) > p->limits.head)
        return refuse(p, 431, "the request's head is too long");
    if (ll->type == HTTP_REQUEST && check_request(p) != 0)
        return HPE_USER;
    if (!p->no_body && (ll->flags & F_CONTENT_LENGTH) && ll->content_length > p->limits.body)
        return refuse(p, 413, "the body is too long");
    p->head_done = true;
    begin_framing(p);
    ll->upgrade = 0; /* an offer to speak something else is not taken up */
    return p->no_body || has_no_body(ll);
}

/* --- the body */

static bool collect(struct http_parser *p)
{
    if (p->body_view.p)
        buf_str(&p->body, p->body_view);
    p->body_view = STR_NONE;
    return !p->body.full;
}

static int on_body(llhttp_t *ll, const char *at, size_t n)
{
    struct http_parser *p = of(ll);
    size_t from = (size_t)(at - p->piece);
    p->wants_continue = false;
    if (count_extension(p, from) != 0)
        return HPE_USER;
    p->framing_at = from + n;
    p->framing_before = 0;
    bool fits = p->body.n + p->body_view.n + n <= p->limits.body && collect(p);
    if (!fits)
        return refuse(p, 413, "the body is too long");
    p->body_view = str_n(at, n);
    return 0;
}

static int on_message_complete(llhttp_t *ll)
{
    struct http_parser *p = of(ll);
    /* HTTP/1.0 has no transfer codings: where such a message ends is not to be trusted (RFC 9112, 6.1) */
    bool doubtful = ll->http_minor == 0 && (ll->flags & F_TRANSFER_ENCODING);
    p->done = true;
    p->keep_alive = llhttp_should_keep_alive(ll) != 0 && !doubtful;
    return HPE_PAUSED;
}

/* --- a parser */

struct http_parser *http_parser_new(enum http_parser_kind kind, const struct http_parse_limits *limits)
{
    struct http_parser *p = xcalloc(1, sizeof(*p));
    p->limits = *limits;
    buf_init(&p->head, limits->head + (64 << 10));
    buf_init(&p->body, limits->body);
    llhttp_settings_init(&p->settings);
    p->settings.on_url = on_url;
    p->settings.on_header_field = on_field;
    p->settings.on_header_value = on_value;
    p->settings.on_headers_complete = on_headers_complete;
    p->settings.on_body = on_body;
    p->settings.on_message_complete = on_message_complete;
    llhttp_init(&p->ll, kind == HTTP_REQUESTS ? HTTP_REQUEST : HTTP_RESPONSE, &p->settings);
    p->ll.data = p;
    return p;
}

void http_parser_free(struct http_parser *p)
{
    if (!p)
        return;
    buf_release(&p->head);
    buf_release(&p->body);
    free(p->fields);
    free(p);
}

/* Memory that one large message left behind is not kept for the next ones. */
static void forget_message(struct http_parser *p)
{
    llhttp_reset(&p->ll);
    if (p->head.cap)
        buf_release(&p->head);
    if (p->body.cap)
        buf_release(&p->body);
    p->target = (struct span){0, 0};
    p->field_count = 0;
    p->in_value = false;
    p->raw = NULL;
    p->body_view = STR_NONE;
    p->trailer_bytes = p->framing_at = p->framing_before = p->extension_bytes = 0;
    p->begun = p->head_done = p->done = p->keep_alive = p->wants_continue = p->no_body = false;
}

void http_parser_reset(struct http_parser *p)
{
    forget_message(p);
    p->status = 0;
    p->why = NULL;
}

static enum http_parse bad(struct http_parser *p, enum llhttp_errno e)
{
    if (p->status)
        return HTTP_BAD;
    if (e == HPE_INVALID_VERSION)
        refuse(p, 505, "the HTTP version is not supported");
    else
        refuse(p, 400, "the bytes are no HTTP message");
    return HTTP_BAD;
}

/* A line of a chunk's size goes on in the next piece; so far it must not be too long either. */
static void put_framing_aside(struct http_parser *p)
{
    p->framing_before += p->piece_n - p->framing_at;
    p->framing_at = 0;
    if (p->trailer_bytes == 0 && p->framing_before > CHUNK_LINE + CHUNK_EXTENSIONS_MAX)
        refuse(p, 413, "chunk extensions are too long");
}

/* The message goes on in another piece: what lies in this one is put aside. */
static enum http_parse keep_piece(struct http_parser *p)
{
    if (!p->head_done) {
        buf_add(&p->head, p->piece, p->piece_n);
        if (p->head.n > p->limits.head || p->head.full)
            refuse(p, 431, "the head is too long");
    } else {
        if (p->raw == p->piece) {
            buf_add(&p->head, p->raw, head_end(p));
            p->raw = p->head.p;
        }
        if (!collect(p))
            refuse(p, 413, "the body is too long");
        put_framing_aside(p);
    }
    return p->status ? HTTP_BAD : HTTP_MORE;
}

enum http_parse http_parser_read(struct http_parser *p, struct str *in)
{
    if (p->done)
        forget_message(p);
    if (p->status)
        return HTTP_BAD;
    if (in->n == 0)
        return HTTP_MORE;
    p->begun = true;
    p->piece = in->p;
    p->piece_n = in->n;
    p->piece_at = p->head.n;
    enum llhttp_errno e = llhttp_execute(&p->ll, in->p, in->n);
    if (p->done) {
        size_t used = (size_t)(llhttp_get_error_pos(&p->ll) - in->p);
        if (count_extension(p, used) != 0)
            return HTTP_BAD;
        *in = str_n(in->p + used, in->n - used);
        return HTTP_DONE;
    }
    *in = str_n(in->p + in->n, 0);
    return e == HPE_OK ? keep_piece(p) : bad(p, e);
}

enum http_parse http_parser_end(struct http_parser *p)
{
    enum llhttp_errno e = llhttp_finish(&p->ll);
    return p->done ? HTTP_DONE : bad(p, e);
}

enum http_stage http_parser_stage(const struct http_parser *p)
{
    if (!p->begun || p->done)
        return HTTP_NOTHING;
    return p->head_done ? HTTP_IN_BODY : HTTP_IN_HEAD;
}

bool http_parser_continue(struct http_parser *p)
{
    bool wants = p->wants_continue && p->head_done && !p->done;
    if (wants)
        p->wants_continue = false;
    return wants;
}

bool http_parser_keep_alive(const struct http_parser *p)
{
    return p->keep_alive;
}

void http_parser_no_body(struct http_parser *p)
{
    if (p->done)
        forget_message(p);
    p->no_body = true;
}

int http_parser_fault(const struct http_parser *p, const char **why)
{
    *why = p->why;
    return p->status;
}

/* --- handing the message over */

/* Copies what is used of the head in one go; returns where its first byte is to be thought. */
static const char *copy_head(const struct http_parser *p, struct arena *a, size_t from)
{
    size_t end = head_end(p);
    if (end <= from)
        return NULL;
    char *copy = arena_alloc(a, end - from);
    memcpy(copy, p->raw + from, end - from);
    return copy;
}

static struct str moved(const char *copy, size_t from, struct span s)
{
    return s.n ? str_n(copy + (s.at - from), s.n) : STR("");
}

static void copy_fields(const struct http_parser *p, struct arena *a, const char *copy, size_t from,
                        struct http_headers *h)
{
    h->n = h->cap = p->field_count;
    h->list = p->field_count ? arena_alloc(a, h->cap * sizeof(*h->list)) : NULL;
    for (size_t i = 0; i < h->n; i++) {
        h->list[i].name = moved(copy, from, p->fields[i].name);
        h->list[i].value = str_trim(moved(copy, from, p->fields[i].value));
    }
}

static struct str copy_body(const struct http_parser *p, struct arena *a)
{
    if (p->body_view.n == 0 && p->body.n == 0)
        return STR("");
    if (p->body.n == 0)
        return arena_str(a, p->body_view);
    size_t n = p->body.n + p->body_view.n;
    char *copy = arena_alloc(a, n + 1);
    memcpy(copy, p->body.p, p->body.n);
    if (p->body_view.n)
        memcpy(copy + p->body.n, p->body_view.p, p->body_view.n);
    copy[n] = 0;
    return str_n(copy, n);
}

/* "http://host/path" is "/path" to us. */
static struct str path_part(struct str target)
{
    if (target.p[0] == '/' || target.p[0] == '*')
        return target;
    ptrdiff_t scheme = str_search(target, STR("://"));
    struct str rest = str_sub(target, (size_t)scheme + 3, target.n);
    ptrdiff_t slash = str_find(rest, '/');
    return slash < 0 ? STR("/") : str_sub(rest, (size_t)slash, rest.n);
}

void http_parser_request(const struct http_parser *p, struct arena *a, struct http_request *out)
{
    size_t from = p->target.at;
    const char *copy = copy_head(p, a, from);
    *out = (struct http_request){.minor = p->ll.http_minor};
    out->method = str_z(llhttp_method_name((llhttp_method_t)p->ll.method));
    out->target = moved(copy, from, p->target);
    out->query = path_part(out->target);
    out->path = str_cut(&out->query, '?');
    copy_fields(p, a, copy, from, &out->headers);
    out->body = copy_body(p, a);
}

void http_parser_response(const struct http_parser *p, struct arena *a, struct http_reply *out)
{
    size_t from = p->field_count ? p->fields[0].name.at : 0;
    const char *copy = copy_head(p, a, from);
    *out = (struct http_reply){.status = p->ll.status_code, .close = !p->keep_alive};
    copy_fields(p, a, copy, from, &out->headers);
    out->body = copy_body(p, a);
}
