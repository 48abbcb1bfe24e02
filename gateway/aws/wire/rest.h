/* REST addresses: an operation row's "POST /2015-03-31/functions/{FunctionName}/invocations" against a
 * request. Shared by the REST protocols. */
#ifndef AWS_REST_H
#define AWS_REST_H

#include "door/call.h"

/* Does the request's method and path fit this operation's address? */
bool rest_fits(const struct op_row *op, const struct http_request *http);

/* The part of the path that stands for a label, decoded, in the arena; absent when there is no such label. */
struct str rest_label(const struct op_row *op, const struct http_request *http, const char *label,
                      struct arena *a);

#endif
