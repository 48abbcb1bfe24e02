/* API Gateway's event as a Lua table, the same as proxy_event_json (door/proxy.h) says it in JSON.
 *
 * Members that have nothing to say are nil in Lua, so that `if event.body then` reads as one expects, and are
 * null when the event is written as JSON: the table's metatable tells the writer which. */
#ifndef LAMBDA_WORKER_EVENT_H
#define LAMBDA_WORKER_EVENT_H

#include "env.h"

/* Makes the metatables; once per environment. */
void event_open(lua_State *L);

/* Pushes the event.  `a` holds what must be decoded, until it returns.  May raise (memory). */
void event_push(lua_State *L, const struct proxy_event *e, struct arena *a);

/* The members that are null when nil, for a table whose metatable is `mark`; NULL: none. */
const char *const *event_nulls(const struct env *e, const void *mark);

#endif
