/* Taking the processor back from a handler, without a standing hook (one doubles the time of plain code).
 *
 * The home's timer calls executor_interrupt, perhaps from a signal handler, which arms a one-shot count hook
 * on the coroutine that runs now.  The hook then yields when the slice is over, or raises once the time of
 * the invocation is up; from then on it stays armed in every coroutine that is entered, so whatever catches
 * the error raises it again at its next instruction.
 *
 * Invariants: 1. `running` is the coroutine whose code runs, or NULL: who switches says so with enter and
 * leave.  2. `due` set and no hook armed on `running` lasts only until the next enter, leave or tick. */
#ifndef LAMBDA_WORKER_PREEMPT_H
#define LAMBDA_WORKER_PREEMPT_H

#include "env.h"

/* `co` runs from now on; returns what ran before, for preempt_leave. */
lua_State *preempt_enter(struct env *e, lua_State *co);
void preempt_leave(struct env *e, lua_State *before);

#endif
