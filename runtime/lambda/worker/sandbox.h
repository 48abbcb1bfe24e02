/* What a handler sees: an allow-list.  Nothing else is in the environment, so nothing has to be forbidden.
 *
 * Invariants: 1. no bytecode is loaded but our own (load is text only).  2. no __gc: a finalizer runs where
 * no hook can stop it; so none of our marks is shown.  3. files are read below CodeUri only, symbolic links
 * resolved.  4. error handlers of xpcall do not run once the time is up, for they run inside the hook. */
#ifndef LAMBDA_WORKER_SANDBOX_H
#define LAMBDA_WORKER_SANDBOX_H

#include "env.h"

/* Fills the globals and the registry's slots; raises when it does not fit into the budget. */
void sandbox_open(lua_State *L);

/* --- modules.c: the function's own code */

/* require(name), as a C function. */
int module_require(lua_State *L);

/* A C function without arguments: loads what the spec's handler names and returns the function.  Raises
 * Runtime.ImportModuleError, UserCodeSyntaxError, HandlerNotFound. */
int module_load_handler(lua_State *L);

#endif
