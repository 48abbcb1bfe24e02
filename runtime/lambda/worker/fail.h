/* What went wrong, in Lambda's words: {"errorMessage","errorType","stackTrace"}.
 *
 * Sources: "Using the Lambda runtime API for custom runtimes" (errorType is Category.Reason),
 * "Troubleshoot invocation issues" (timeouts, exits). */
#ifndef LAMBDA_WORKER_FAIL_H
#define LAMBDA_WORKER_FAIL_H

#include "env.h"

/* Raises a text under an errorType of Lambda's own ("Runtime.HandlerNotFound"); static type. */
int fail_raise(lua_State *L, const char *type, const char *fmt, ...);

/* The error on the top of `from` (a coroutine of e that ended with an error, its stack as it was, or e->L) as
 * JSON into `out`.  Takes nothing off the stack. */
void fail_error(struct env *e, lua_State *from, struct buf *out);

/* The errors that end an environment.  AWS's own texts. */
void fail_timeout(const struct env *e, struct buf *out);
void fail_memory(const struct env *e, struct buf *out);

#endif
