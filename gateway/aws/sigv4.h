/* Who signs a request, for which region and service.  The signature itself is accepted unverified: this is a
 * local machine, and any credentials do. */
#ifndef AWS_SIGV4_H
#define AWS_SIGV4_H

#include "core/http_msg.h"

struct sigv4 {
    struct str access_key, region, service; /* lent from the request; absent: not signed */
};

/* Reads the credential scope of the Authorization header, or of X-Amz-Credential in the query (then in the
 * arena). */
struct sigv4 sigv4_read(const struct http_request *r, struct arena *a);

/* The account an access key stands for: a key of 12 digits is that account; absent otherwise. */
struct str sigv4_account(const struct sigv4 *s);

#endif
