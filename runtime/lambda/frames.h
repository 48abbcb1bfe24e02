/* What crosses between the main process and a worker: kinds of frames and the order of their fields.
 *
 * Fields are written with frame_i64 and frame_str (core/child.h); "pairs" is a count followed by name and
 * value of each. A worker belongs to one function; it hears SPEC first.  An invocation that was sent may be
 * taken back until the worker claims it (claim.h); frames from the worker may be collected and sent when it
 * would wait, or at the end of a slice.  wire.h reads and writes them.
 *
 * Calls that are no plain tree:
 *   lambda Invoke   input {"FunctionName","InvocationType","Payload": the payload's JSON as text, ...};
 *                   answer {"StatusCode","FunctionError" (absent on success),"Payload": text}
 *   http Request    (no service of the door: the main process makes an outgoing request)
 *                   input {"Method","Url","Headers":{name: value},"Body": text,"BodyBase64": bool,
 *                   "TimeoutMs"}; answer {"Status","Headers":{lower-case name: value},"Body","BodyBase64"},
 *                   or the fault "HttpError" with the reason as text */
#ifndef LAMBDA_FRAMES_H
#define LAMBDA_FRAMES_H

enum frame_kind {
    /* main -> worker */
    FRAME_SPEC = 1, /* the function: fields of struct function_spec in order (worker/executor.h) */
    FRAME_CLOCK,    /* struct clock as bytes (str): the world's clock now runs like this */
    FRAME_INVOKE, /* fields of struct invocation in order; the event: str (JSON), or absent and then the proxy
                     event's fields */
    FRAME_ANSWER, /* to a CALL: i64 invocation, i64 call, i64 status (200: success), str body (JSON), str
                     fault code, str fault text */
    FRAME_STOP,   /* end when what runs has ended */

    /* worker -> main */
    FRAME_STARTED =
        32,     /* i64 invocation, i64 cold (1: a new environment), i64 init_us: the handler begins now */
    FRAME_CALL, /* i64 invocation, i64 call, str service, str operation, str input (JSON).  The operation as
                   the handler wrote it: "put_item" and "PutItem" are the same to the main process */
    FRAME_LOG,  /* i64 invocation, str line (without newline) */
    FRAME_DONE, /* fields of struct invocation_result in order */
};

#endif
