/* An HTTP request as it was parsed, and a reply as it will be sent.  No sockets here, no parser.
 *
 * Names and values keep the bytes and the case in which they came. */
#ifndef CORE_HTTP_MSG_H
#define CORE_HTTP_MSG_H

#include "base/arena.h"
#include "base/buf.h"

/* The header that marks what a handler asks for by http.request: it can neither take it away nor gain by
 * setting it.  Any value. */
#define HTTP_BY_HANDLER "X-Tidepool-Handler"

struct http_header {
    struct str name, value;
};

struct http_headers {
    struct http_header *list; /* in an arena */
    size_t n, cap;
};

struct http_request {
    struct str method; /* "GET" */
    struct str target; /* as sent: path?query */
    struct str path;   /* before '?', as sent (not decoded) */
    struct str query;  /* after '?'; absent without one */
    struct http_headers headers;
    struct str body;   /* chunks joined; "" when empty */
    struct str remote; /* client's address, "127.0.0.1" */
    int remote_port;
    int local_port;
    bool tls;
    int minor; /* HTTP/1.minor */
};

struct http_reply {
    int status;
    struct http_headers headers; /* without content-length, date, connection: the server adds them */
    struct str body;
    bool head_only; /* answer to HEAD: length is told, body not sent */
    bool close;
};

/* The first header of this name in any case; absent without one. */
struct str http_header_get(const struct http_headers *h, const char *name);

/* Adds; memory of the list from the arena, the strings are lent for the arena's life. */
void http_header_add(struct http_headers *h, struct arena *a, struct str name, struct str value);
/* Replaces all of this name (any case). */
void http_header_set(struct http_headers *h, struct arena *a, struct str name, struct str value);
void http_header_del(struct http_headers *h, const char *name);

/* "Not Found"; "" for a status without a name. */
const char *http_status_text(int status);

#endif
