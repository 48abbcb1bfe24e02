/* execute-api:Handle, as c->typed: one HTTP request to an API of API Gateway, from any of the gateway's
 * faces.
 *
 * The call never faults for what a client did: every refusal is an HTTP answer. */
#ifndef DOOR_HANDLE_H
#define DOOR_HANDLE_H

#include "core/http_msg.h"

struct handle_in {
    const struct http_request *http; /* lent until on_end */

    /* Which API, when its port does not say it: */
    struct str api_id; /* absent: the API that listens on http->local_port */
    struct str stage;  /* absent: the path begins with it, except at the API's own port and for $default */
    struct str path;   /* what is left for the API to route, undecoded; absent: http->path */

    /* The answer, set before on_end; it lives as long as the call. */
    struct http_reply reply;
};

#endif
