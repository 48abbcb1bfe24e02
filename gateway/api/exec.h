/* One request to an API, as the steps see it.
 *
 *   ROUTE -> KEY -> THROTTLE -> INVOKE -> RESPOND
 *
 * Each step answers the request (with a refusal, mostly) or passes it on; INVOKE waits for the function. */
#ifndef API_EXEC_H
#define API_EXEC_H

#include "door/handle.h"
#include "door/invoke.h"
#include "model.h"

struct exec {
    struct call *call; /* Handle; this lies in its arena */
    struct gateway *gateway;
    struct handle_in *in;
    const struct http_request *http;
    struct api *api;     /* held */
    struct str raw_path; /* without the stage, as it came */
    struct str path;     /* what is routed: decoded for HTTP APIs */
    struct str method;   /* what is routed: a REST API's may be overridden */
    struct method *route;
    struct route_match match;
    const struct api_key *key; /* the API key that was asked for, and its plan; only while the steps run */
    struct member *member;
    struct str extended_id; /* x-amz-apigw-id */
    struct str reason;      /* why it was refused; absent: it was not */
    bool preflight;
    struct call *invocation; /* lambda:Invoke while it runs */
    struct timer timeout;
};

enum exec_step { STEP_NEXT, STEP_ANSWERED, STEP_WAITING };

/* Refusals.  One row holds both kinds' status and words. */
struct refusal {
    int rest_status;
    const char *rest_body, *rest_type; /* x-amzn-ErrorType */
    int http_status;
    const char *http_body;
};
extern const struct refusal refuse_no_api, refuse_no_route, refuse_key, refuse_rate, refuse_quota,
    refuse_body_size, refuse_head_size, refuse_bad_answer, refuse_no_function, refuse_busy, refuse_timeout;

/* Writes the refusal into the reply; fmt says why, for people. */
enum exec_step exec_refuse(struct exec *x, const struct refusal *r, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The steps. */
enum exec_step step_route(struct exec *x);
enum exec_step step_key(struct exec *x);
enum exec_step step_throttle(struct exec *x);
enum exec_step step_invoke(struct exec *x);

/* The invocation has ended: its result, or what went wrong, becomes the reply. */
void respond(struct exec *x, const struct invoke_in *done, struct call *invocation);

/* Adds a header to the reply. */
void exec_header(struct exec *x, struct str name, struct str value);

/* X-Amzn-Trace-Id: "Root=1-...", in the call's arena. */
struct str exec_trace(struct call *c);

/* Does one of the API's binary media types fit this header's first media type? */
bool exec_is_binary(const struct exec *x, struct str media_types);

/* The function's event, in `a`. */
struct proxy_event *event_make(struct exec *x, struct arena *a);

/* The request with the headers that API Gateway passes on, in `a`. */
const struct http_request *passed_request(const struct exec *x, struct arena *a);

/* Copies all that the event lends into `a`, so that it outlives its request. */
void event_keep(struct proxy_event *e, struct arena *a);

#endif
