/* The AWS endpoint: every service, every API and tidepool's own rooms on one port (4566).
 *
 *   request -> own (/_tidepool/...), or an API's address, or aim (which service, operation, protocol)
 *           -> wire reads the input -> door -> wire writes the answer
 *
 * No sockets here: gateway/http hands requests in, and takes the answers. */
#ifndef AWS_FACE_H
#define AWS_FACE_H

#include "core/http_msg.h"
#include "door/world.h"

struct aws_face;

struct aws_face *aws_face_new(struct world *w);
void aws_face_free(struct aws_face *f); /* after the last answer */

/* Where an answer goes.  Called exactly once per request, maybe before aws_face_ask returns; the reply is
 * lent until it returns. */
typedef void aws_answered(void *asker, const struct http_reply *reply);

/* Asks.  The request is lent until the answer.  Returns the call that will answer, or NULL when it is
 * answered already. */
struct call *aws_face_ask(struct aws_face *f, const struct http_request *r, aws_answered *answered,
                          void *asker);

#endif
