/* Who may use the AWS endpoint and tidepool's own rooms.
 *
 * Nothing here asks for a password, so a page that a developer looks at must not be able to drive the server
 * behind its back, and a handler has what it is given and no more.  guard.c has the rules as a table; one
 * more keeps what changes the world out of reach of mere links.  APIs are not guarded: they answer by their
 * own CORS. */
#ifndef AWS_GUARD_H
#define AWS_GUARD_H

#include "base/json.h"
#include "core/http_msg.h"
#include "door/op.h"

struct conf;

/* Why this request is refused (403), or NULL.  conf: what --allowed-host and --allowed-origin name; may be
 * NULL. */
const struct fault *guard_refuses(const struct conf *conf, const struct http_request *http);

/* Why this operation of tidepool's own is refused with the request's method (405), or NULL: what changes
 * anything is asked by POST alone.  *allow: the methods that are. */
const struct fault *guard_refuses_method(const struct op_row *op, const cJSON *in,
                                         const struct http_request *http, struct str *allow);

/* Is it a browser's question whether it may ask? */
bool guard_preflight(const struct http_request *http);

/* Adds what the browser of an allowed origin needs; nothing where there is no Origin or a foreign one. */
void guard_headers(const struct conf *conf, const struct http_request *http, struct http_reply *reply,
                   struct arena *a);

#endif
