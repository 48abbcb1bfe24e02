/* HTTP/1.1 servers: bytes in, exchanges out; nothing here knows what a request means.
 *
 * A server belongs to one loop and thread (main).  It calls `handle` once for each whole request; the
 * exchange is answered once with http_exchange_reply, at once or later, from any place on the main thread.
 * Pipelined requests may be answered in any order; answers leave in the order of the requests, and all that
 * is answered in one round of the loop leaves in one write a connection. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "base/log.h"
#include "base/rc.h"
#include "core/http_msg.h"
#include "core/loop.h"

struct http_server;
struct http_exchange;

struct http_limits {
    size_t head_max;     /* request line and headers; above: 431 */
    size_t target_max;   /* above: 414 */
    size_t body_max;     /* above: 413 */
    int connections_max; /* above: 503 and closed */
    int head_ms; /* a head that began must be whole by then, and a body must not stand still so long: 408 */
    int idle_ms; /* a connection without a request is closed after so long */
    int send_ms; /* a client that takes nothing for so long is left */
};

/* 64 KB, 8 KB, 16 MB, 10,000, 30 s, 75 s, 30 s. */
struct http_limits http_limits_default(void);

/* Listens on host ("127.0.0.1" listens on ::1 too where there is one; names but "localhost" are not looked
 * up) and port (0: the system chooses).  limits NULL: the default ones.  NULL on failure: RC_BUSY: the port
 * is in use; RC_BAD: host is no address; RC_IO. */
struct http_server *http_server_new(struct loop *l, const char *host, int port,
                                    const struct http_limits *limits,
                                    void (*handle)(void *arg, struct http_exchange *x), void *arg,
                                    enum rc *rc);
int http_server_port(const struct http_server *s);
int http_server_connections(const struct http_server *s);

/* Stops gracefully: no new connections, idle ones are closed, what runs is answered with Connection: close.
 * `done` (may be NULL) is called when the last connection has gone, perhaps at once. */
void http_server_stop(struct http_server *s, void (*done)(void *arg), void *arg);

/* Closes everything now.  Exchanges without an answer are told that their client has gone and still want
 * their reply, which goes nowhere.  Not from inside `handle`. */
void http_server_free(struct http_server *s);

/* Lent until http_exchange_reply. */
const struct http_request *http_exchange_request(const struct http_exchange *x);

/* Memory that lives until http_exchange_reply has returned: for the reply's headers and the like. */
struct arena *http_exchange_arena(struct http_exchange *x);

/* `gone` is called once when the client hangs up before the answer, so that what waits for its sake (a long
 * poll) can end early.  The exchange still wants its reply.  gone NULL: nobody is told any more. */
void http_exchange_on_gone(struct http_exchange *x, void (*gone)(void *arg), void *arg);

/* Answers, once; the exchange, its request and its arena are gone after.  The reply is copied.
 * content-length, date, connection and transfer-encoding are ours: such headers in the reply are left out; so
 * are those whose name is no token; control characters in values become spaces. */
void http_exchange_reply(struct http_exchange *x, const struct http_reply *r);

#endif
