/* What API Gateway hands to a function: the parsed request with all that the event shows of it.
 *
 * Travels as c->typed of lambda:Invoke and crosses to the worker as fields, never as JSON text: the worker
 * builds the Lua table from it (lambda/worker/event.c), in payload format 1.0 or 2.0.  All views are lent
 * until the invocation's answer. */
#ifndef DOOR_PROXY_H
#define DOOR_PROXY_H

#include "core/http_msg.h"
#include <cjson/cJSON.h>

struct proxy_pair {
    struct str name, value;
};

struct proxy_event {
    int format; /* 1: payload 1.0 (REST, or HTTP API that asks for it); 2: payload 2.0 */
    bool rest;  /* a REST API */
    const struct http_request *http;
    struct str resource;  /* "/orders/{id}" (1.0) */
    struct str route_key; /* "GET /orders/{id}" or "$default" */
    struct str path;      /* 1.0: without the stage; 2.0's rawPath: with a named stage */
    struct str stage, api_id, account, region, domain, request_id, resource_id;
    struct str extended_id;         /* x-amz-apigw-id */
    struct str api_key, api_key_id; /* absent without one */
    int64_t time;                   /* ms, world's clock */
    const struct proxy_pair *path_parameters;
    size_t path_parameter_count;
    const struct proxy_pair *stage_variables;
    size_t stage_variable_count;
    const cJSON *authorizer; /* requestContext.authorizer; NULL without one */
    struct str body;         /* as the event shows it; absent: null */
    bool body_base64;
};

/* The function's event as JSON text: for stored events, other runtimes, and tests that hold worker/event.c to
 * it. */
struct buf;
void proxy_event_json(const struct proxy_event *e, struct buf *out);

#endif
