#include "core/http_msg.h"

struct str http_header_get(const struct http_headers *h, const char *name)
{
    struct str wanted = str_z(name);
    for (size_t i = 0; i < h->n; i++)
        if (str_ieq(h->list[i].name, wanted))
            return h->list[i].value;
    return STR_NONE;
}

void http_header_add(struct http_headers *h, struct arena *a, struct str name, struct str value)
{
    if (h->n == h->cap) {
        size_t cap = h->cap ? h->cap * 2 : 16;
        struct http_header *list = arena_alloc(a, cap * sizeof(*list));
        if (h->n)
            memcpy(list, h->list, h->n * sizeof(*list));
        h->list = list;
        h->cap = cap;
    }
    h->list[h->n++] = (struct http_header){name, value};
}

void http_header_set(struct http_headers *h, struct arena *a, struct str name, struct str value)
{
    size_t kept = 0;
    bool placed = false;
    for (size_t i = 0; i < h->n; i++) {
        if (!str_ieq(h->list[i].name, name)) {
            h->list[kept++] = h->list[i];
        } else if (!placed) {
            h->list[kept++] = (struct http_header){name, value};
            placed = true;
        }
    }
    h->n = kept;
    if (!placed)
        http_header_add(h, a, name, value);
}

void http_header_del(struct http_headers *h, const char *name)
{
    struct str gone = str_z(name);
    size_t kept = 0;
    for (size_t i = 0; i < h->n; i++)
        if (!str_ieq(h->list[i].name, gone))
            h->list[kept++] = h->list[i];
    h->n = kept;
}

const char *http_status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } names[] = {
        {100, "Continue"},
        {101, "Switching Protocols"},
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {203, "Non-Authoritative Information"},
        {204, "No Content"},
        {205, "Reset Content"},
        {206, "Partial Content"},
        {207, "Multi-Status"},
        {300, "Multiple Choices"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {402, "Payment Required"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {407, "Proxy Authentication Required"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Payload Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {417, "Expectation Failed"},
        {418, "I'm a teapot"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Entity"},
        {423, "Locked"},
        {424, "Failed Dependency"},
        {425, "Too Early"},
        {426, "Upgrade Required"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {451, "Unavailable For Legal Reasons"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
        {511, "Network Authentication Required"},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].status == status)
            return names[i].text;
    return "";
}
