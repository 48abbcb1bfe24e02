/* Which service and operation a request on the AWS endpoint means, and in which protocol it speaks.
 *
 * In this order: X-Amz-Target; the SigV4 scope, the host name or the path for the REST services; Action (and
 * Version where nothing is signed) for the Query services. */
#ifndef AWS_AIM_H
#define AWS_AIM_H

#include "sigv4.h"
#include "wire/wire.h"

struct aim {
    const struct service *service;
    const struct op_row *op;
    const struct wire_row *wire; /* set even when nothing was found: how to say so */
    enum wire protocol;
};

/* False: *why says what there is not. */
bool aim_find(const struct world *w, const struct http_request *http, const struct sigv4 *signer,
              struct arena *a, struct aim *out, struct wire_fault *why);

#endif
