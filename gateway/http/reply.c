/* A reply as bytes: status line, our headers, its headers, body, in one run. */
#include "conn.h"

/* These are the server's to say. */
static bool is_ours(struct str name)
{
    static const struct str ours[] = {STR_INIT("content-length"), STR_INIT("connection"), STR_INIT("date"),
                                      STR_INIT("transfer-encoding"), STR_INIT("keep-alive")};
    return str_ieq_any(name, ours, sizeof(ours) / sizeof(ours[0]));
}

/* The characters of a token (RFC 9110, 5.6.2), a bit for each. */
static bool is_token(struct str name)
{
    static const uint64_t chars[4] = {0x03ff6cfa00000000u, 0x57ffffffc7fffffeu};
    for (size_t i = 0; i < name.n; i++) {
        unsigned char ch = (unsigned char)name.p[i];
        if (!(chars[ch >> 6] >> (ch & 63) & 1))
            return false;
    }
    return name.n > 0;
}

static char *put(char *at, struct str s)
{
    memcpy(at, s.p, s.n);
    return at + s.n;
}

static bool is_control(char c)
{
    return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

/* A line end or a zero inside a value would begin something that nobody meant to say; no other control
 * character may stand in one either (RFC 9110, 5.5). */
static char *put_value(char *at, struct str s)
{
    size_t i = 0;
    for (; s.n - i >= 8 && str_plain8(s.p + i); i += 8)
        memcpy(at + i, s.p + i, 8);
    for (; i < s.n; i++)
        at[i] = is_control(s.p[i]) ? ' ' : s.p[i];
    return at + s.n;
}

static char *put_number(char *at, size_t n)
{
    char room[20];
    return put(at, str_u64(n, room));
}

static bool has_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

static size_t room_for(const struct http_reply *r)
{
    size_t n = 256 + r->body.n;
    for (size_t i = 0; i < r->headers.n; i++)
        n += r->headers.list[i].name.n + r->headers.list[i].value.n + 4;
    return n;
}

static char *put_head(char *at, const struct http_reply *r, const struct reply_facts *facts)
{
    at = put(at, STR("HTTP/1.1 "));
    at = put_number(at, (size_t)r->status);
    at = put(at, STR(" "));
    at = put(at, str_z(http_status_text(r->status)));
    at = put(at, STR("\r\nDate: "));
    at = put(at, str_n(facts->date, 29));
    at = put(at, STR("\r\n"));
    if (facts->close)
        at = put(at, STR("Connection: close\r\n"));
    else if (facts->minor == 0)
        at = put(at, STR("Connection: keep-alive\r\n"));
    if (has_body(r->status)) {
        at = put(at, STR("Content-Length: "));
        at = put_number(at, r->body.n);
        at = put(at, STR("\r\n"));
    }
    return at;
}

static char *put_headers(char *at, const struct http_headers *h)
{
    for (size_t i = 0; i < h->n; i++) {
        struct str name = h->list[i].name, value = h->list[i].value;
        if (!is_token(name) || is_ours(name))
            continue;
        at = put(at, name);
        at = put(at, STR(": "));
        at = value.n ? put_value(at, value) : at;
        at = put(at, STR("\r\n"));
    }
    return put(at, STR("\r\n"));
}

void reply_write(struct buf *out, const struct http_reply *r, const struct reply_facts *facts)
{
    char *start = buf_room(out, room_for(r)), *at = start;
    if (!start)
        return;
    at = put_head(at, r, facts);
    at = put_headers(at, &r->headers);
    if (r->body.n && has_body(r->status) && !facts->head && !r->head_only)
        at = put(at, r->body);
    out->n += (size_t)(at - start);
}
