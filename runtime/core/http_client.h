/* Outgoing HTTP/1.1: one request, one response, one connection each.
 *
 * For Lua's http library and for subscribers.  http:// only: https is refused by name.  Redirects are not
 * followed, nothing is kept alive.  Thread: main. */
#ifndef CORE_HTTP_CLIENT_H
#define CORE_HTTP_CLIENT_H

#include "base/rc.h"
#include "core/http_msg.h"
#include "core/loop.h"

struct http_fetch_request {
    struct str url;    /* http://host[:port]/path?query */
    struct str method; /* absent: GET */
    /* host, content-length and connection are ours: such headers are left out; user-agent is added when
     * absent
     */
    struct http_headers headers;
    struct str body;
    int64_t timeout_ms; /* for all of it, real time; 0: 30 s */
    size_t body_max;    /* of the response; 0: 16 MB */
};

struct http_fetch_result {
    enum rc rc;      /* RC_OK; RC_BAD: the URL, or what came back; RC_IO; RC_TIMEOUT; RC_FULL: too long */
    const char *why; /* "connection refused"; "" on success */
    struct http_reply reply; /* lent until `done` returns */
};

struct http_fetch;

/* Everything is copied.  `done` is called exactly once, never from inside this call, unless it is cancelled.
 */
struct http_fetch *http_fetch(struct loop *l, const struct http_fetch_request *r,
                              void (*done)(void *arg, const struct http_fetch_result *result), void *arg);

/* `done` is not called any more.  Not from inside `done`. */
void http_fetch_cancel(struct http_fetch *f);

#endif
