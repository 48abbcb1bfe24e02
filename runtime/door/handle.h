/* execute-api:Handle, as c->typed: one HTTP request to an API of API Gateway, from any of the gateway's
 * faces.
 *
 * The call never faults for what a client did: every refusal is an HTTP answer. */
#ifndef DOOR_HANDLE_H
#define DOOR_HANDLE_H

#include "core/http_msg.h"

struct handle_in {
    const struct http_request *http; /* lent until on_end */

    struct str api_id;
    struct str path;  /* undecoded, without a query */
    bool staged;      /* the path begins with the stage (but need not for $default) */
    struct str stage; /* said elsewhere; absent: it was not */

    /* The answer, set before on_end; it lives as long as the call. */
    struct http_reply reply;
};

#endif
