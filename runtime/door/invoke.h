/* lambda:Invoke for callers inside tidepool, as c->typed: no tree on the hot path.
 *
 * Answer: c->payload_out is the function's result (JSON text); out->function_error says whether it failed. */
#ifndef DOOR_INVOKE_H
#define DOOR_INVOKE_H

#include "base/str.h"

struct proxy_event;

struct invoke_in {
    struct str function;             /* name, name:qualifier or ARN */
    struct str payload;              /* JSON text; or absent with `proxy` */
    const struct proxy_event *proxy; /* an HTTP event, crosses as fields */
    bool event;                      /* InvocationType Event: answered once the event is stored */
    struct str source; /* ARN of what invokes ("" for the Invoke API): for Lambda::Permission and the trace */
    /* the answer, set by lambda before on_end */
    struct str function_error; /* absent: success; else "Unhandled" */
    struct str request_id;     /* the invocation's id */
    int64_t started_us;        /* world's clock when the handler began; 0: it never did */
};

#endif
