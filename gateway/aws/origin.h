/* Browsers on the AWS endpoint.
 *
 * A page may talk to it when it comes from this machine (localhost, 127.0.0.1, [::1], any name under
 * .localhost, any port); a page from elsewhere is refused, so that no site on the internet can drive a
 * developer's server. */
#ifndef AWS_ORIGIN_H
#define AWS_ORIGIN_H

#include "core/http_msg.h"

/* No Origin, or one of this machine. */
bool origin_allowed(const struct http_request *http);

bool origin_preflight(const struct http_request *http);

/* Adds what the browser needs; nothing where there is no Origin. */
void origin_headers(const struct http_request *http, struct http_reply *reply, struct arena *a);

#endif
