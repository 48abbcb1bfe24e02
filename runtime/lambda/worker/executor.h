/* The executor: one function's execution environments and the invocations in them.  Two homes, one code: a
 * worker process (worker.c), and the main process itself with --inline.
 *
 * An environment is one lua_State with its globals; it serves one invocation at a time, is reused while warm
 * and discarded after a timeout or a crash.  Up to `environments` are open at once, so that while one handler
 * waits for an aws call another runs.  An invocation is a coroutine: executor_step runs what can run, in
 * slices, until all wait or are done.
 *
 *   executor_start -> queued -> (environment free) host.claim -> host.started -> running <-> waiting for
 * executor_answer -> host.done
 *
 * Preemption: no standing hook.  A timer signal (ticker.h; each home has one) arms a one-shot
 * count hook on the running coroutine, which yields to others at the end of a slice, or raises at the
 * deadline and from then on at every turn, so that no pcall swallows it. */
#ifndef LAMBDA_EXECUTOR_H
#define LAMBDA_EXECUTOR_H

#include "base/clock.h"
#include "base/str.h"
#include "door/proxy.h"

struct function_spec {
    struct str name, arn, version; /* "$LATEST" */
    struct str handler;            /* "orders.create" */
    struct str folder;             /* CodeUri, absolute; absent with inline code */
    struct str inline_code;        /* absent with a folder */
    int64_t memory_mb, timeout_ms;
    struct str region, account, endpoint; /* endpoint: AWS_ENDPOINT_URL */
    struct str log_stream;
    uint64_t seed; /* for crypto.random and uuid in seeded runs; 0: the system's generator */
    const struct proxy_pair *variables; /* the function's own environment variables */
    size_t variable_count;
};

struct invocation {
    uint64_t id;                     /* the home's number */
    struct str request_id, trace_id; /* trace_id: the whole header text "Root=...;Parent=...;Sampled=1" */
    int64_t deadline_us;             /* world's clock: what get_remaining_time_in_millis counts to */
    int64_t budget_us;         /* real CPU/wall time of the guard; the executor raises "timed out" after it */
    struct str client_context; /* JSON or absent */
    struct str event;          /* JSON text, or absent: then */
    const struct proxy_event *proxy;
};

struct invocation_result {
    uint64_t id;
    struct str
        payload; /* JSON text of the result, or of the error: {"errorMessage","errorType","stackTrace"} */
    struct str error; /* absent: success; "Unhandled": the function failed; "Timeout": the deadline passed;
                         "Memory": MemorySize was used up */
    int64_t duration_us, init_us; /* world's clock; init 0 when warm */
    int64_t memory_used;          /* bytes, the environment's most */
    int64_t discarded;            /* 1: the environment was thrown away */
};

/* What the executor asks of its home.  Views are lent until the callback returns.  Callbacks must not call
 * executor_step. */
struct executor_host {
    /* Asked once, just before anything is done for an invocation (a new environment included).  False: it was
     * taken back and is dropped without another word.  A worker asks its page (lambda/claim.h). */
    bool (*claim)(void *home, uint64_t invocation);
    void (*started)(void *home, uint64_t invocation, bool cold, int64_t init_us);
    void (*call)(void *home, uint64_t invocation, uint64_t call, struct str service, struct str operation,
                 struct str input);
    void (*log)(void *home, uint64_t invocation, struct str line);
    void (*done)(void *home, const struct invocation_result *r);
    const struct clock *clock; /* the world's clock as it runs now */
};

struct executor;

/* Copies the spec.  No code is loaded until the first invocation (or executor_warm). */
struct executor *executor_new(const struct function_spec *spec, const struct executor_host *host, void *home,
                              int environments);
void executor_free(struct executor *x);

/* Queues an invocation; everything it points to is copied or turned into Lua values before this returns. */
void executor_start(struct executor *x, const struct invocation *in);

/* The answer to a call.  status 200: body is the output as JSON; else code and text are the fault. */
void executor_answer(struct executor *x, uint64_t invocation, uint64_t call, int status, struct str body,
                     struct str code, struct str text);

/* Runs until everything waits or is done.  slice_us: after so long return and say true: more can run. */
bool executor_step(struct executor *x, int64_t slice_us);

/* After executor_step said false: real microseconds until something must be looked at again though no answer
 * came (a deadline, the end of a time.sleep); -1: nothing of the kind.  After so long, or when the world's
 * clock was changed, call executor_step again. */
int64_t executor_wait_us(const struct executor *x);

/* There is time: collects garbage in one environment that ran since its last collection.  False: there was
 * none; all is tidy. */
bool executor_tidy(struct executor *x);

/* From a timer signal: the running slice is over (async-signal-safe). */
void executor_interrupt(struct executor *x);

/* Loads the code in one environment without running the handler; the error text (in Lambda's error JSON) or
 * absent.  Lent. */
struct str executor_warm(struct executor *x);

#endif
