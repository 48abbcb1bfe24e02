/* What API Gateway hands to a function: the parsed request with all that the event shows of it.
 *
 * Travels as c->typed of lambda:Invoke and crosses to the worker as fields, never as JSON text: the worker
 * builds the Lua table from it (lambda/worker/event.c), in payload format 1.0 or 2.0.  All views are lent
 * until the invocation's answer. */
#ifndef DOOR_PROXY_H
#define DOOR_PROXY_H

#include "base/json.h"
#include "core/http_msg.h"

struct proxy_pair {
    struct str name, value;
};

struct proxy_event {
    int format; /* 1: payload 1.0 (REST, or HTTP API that asks for it); 2: payload 2.0 */
    bool rest;  /* a REST API */
    const struct http_request *http;
    struct str resource;  /* "/orders/{id}" (1.0) */
    struct str route_key; /* "GET /orders/{id}" or "$default" */
    struct str path;      /* REST: without the stage; HTTP APIs, also as 2.0's rawPath: with a named stage */
    struct str path_sent; /* the same before it was decoded: 1.0's `path` */
    struct str stage, api_id, account, region, domain, request_id, resource_id;
    struct str deployment_id;       /* REST */
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

/* --- what both forms of the event are made of, so that they cannot differ */

/* The query's pairs in order, names and values decoded; a name without '=' has the value "".  In the arena.
 */
size_t proxy_query(struct arena *a, struct str query, struct proxy_pair **out);

/* The values of the cookie headers one by one, for 2.0's `cookies`; *rest begins as the header's value. */
bool proxy_cookie(struct str *rest, struct str *cookie);
bool proxy_is_cookie(struct str header_name);

struct str proxy_domain_prefix(const struct proxy_event *e);
/* 1.0's requestContext.path: with the stage, unless it is $default. */
struct str proxy_context_path(const struct proxy_event *e, struct arena *a);
struct str proxy_user_agent(const struct proxy_event *e); /* without one: absent, in 2.0 "" */
struct str proxy_protocol(const struct proxy_event *e);   /* "HTTP/1.1" */

#define PROXY_TIME_SIZE 32
struct str proxy_time(int64_t ms, char out[PROXY_TIME_SIZE]); /* 09/Apr/2015:12:34:56 +0000 */

/* Members that are null when there is nothing to say; NULL-ended. */
extern const char *const proxy_event_nulls[];    /* format 1.0 */
extern const char *const proxy_identity_nulls[]; /* its requestContext.identity */

#endif
