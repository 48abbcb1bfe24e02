/* Requests on the AWS endpoint's port that are meant for an API:
 *
 *     http://{api}.execute-api.localhost:4566/{stage}/...
 *     /_aws/execute-api/{api}/{stage}/...
 *     /restapis/{api}/{stage}/_user_request_/... */
#ifndef AWS_APIS_H
#define AWS_APIS_H

#include "door/handle.h"

/* True: it is one, and all of *out but http and reply is set. */
bool apis_address(const struct http_request *http, struct handle_in *out);

#endif
