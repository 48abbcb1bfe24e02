/* Frames as structs: the one place that knows the order of their fields (frames.h says their meaning).
 *
 * wire_put_* append one whole frame; false: it would not fit into the buffer or into a frame, and nothing was
 * added.  wire_take_* read a frame that frame_next gave; false: it is broken.  Views are lent from the
 * frame's bytes, lists lie in the arena.  Both sides of the socket use these; so does the executor, which
 * keeps a queued invocation as its frame. */
#ifndef LAMBDA_WIRE_H
#define LAMBDA_WIRE_H

#include "base/arena.h"
#include "core/child.h"
#include "lambda/frames.h"
#include "lambda/worker/executor.h"

bool wire_put_spec(struct buf *b, const struct function_spec *s);
bool wire_take_spec(struct frame *f, struct arena *a, struct function_spec *s);

bool wire_put_clock(struct buf *b, const struct clock *c);
bool wire_take_clock(struct frame *f, struct clock *c);

/* Of the proxy event's http request only what the event shows crosses: method, query, minor, remote, headers.
 * The authorizer that wire_take gives belongs to the taker, who ends with wire_drop_invocation. */
bool wire_put_invocation(struct buf *b, const struct invocation *in);
bool wire_take_invocation(struct frame *f, struct arena *a, struct invocation *in);
void wire_drop_invocation(struct invocation *in);

struct wire_answer {
    uint64_t invocation, call;
    int status;
    struct str body, code, text;
};
bool wire_put_answer(struct buf *b, const struct wire_answer *w);
bool wire_take_answer(struct frame *f, struct wire_answer *w);

bool wire_put_stop(struct buf *b);

struct wire_started {
    uint64_t invocation;
    bool cold;
    int64_t init_us;
};
bool wire_put_started(struct buf *b, const struct wire_started *w);
bool wire_take_started(struct frame *f, struct wire_started *w);

struct wire_call {
    uint64_t invocation, call;
    struct str service, operation, input;
};
bool wire_put_call(struct buf *b, const struct wire_call *w);
bool wire_take_call(struct frame *f, struct wire_call *w);

bool wire_put_log(struct buf *b, uint64_t invocation, struct str line);
bool wire_take_log(struct frame *f, uint64_t *invocation, struct str *line);

bool wire_put_result(struct buf *b, const struct invocation_result *r);
bool wire_take_result(struct frame *f, struct invocation_result *r);

#endif
