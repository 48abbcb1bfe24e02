/* API Gateway's event as a Lua table, the same as proxy_event_json (door/proxy.h) says it in JSON.
 *
 * Members that have nothing to say are nil in Lua, so that `if event.body then` reads as one expects, and are
 * null when the event is written as JSON: the table's metatable tells the writer which.
 *
 * A handler looks at few parts of an event, so parts are made when they are first asked for, or all at once
 * by pairs, next and the JSON writer.  What they are made from lies in a userdata within the event itself, so
 * an event may outlive its invocation.  Only rawget can tell. */
#ifndef LAMBDA_WORKER_EVENT_H
#define LAMBDA_WORKER_EVENT_H

#include "env.h"

/* Makes the metatables; once per environment. */
void event_open(lua_State *L);

/* Pushes the event.  `a` holds what must be decoded, until it returns.  May raise (memory). */
void event_push(lua_State *L, const struct proxy_event *e, struct arena *a);

/* Pushes `context`; what is the same for all invocations stands behind it until somebody looks at all. */
void event_push_context(lua_State *L, const struct invocation *in);

/* Before somebody looks at all of the table at `t`: when it is an event or a context, makes what is missing.
 * Returns the members that are null when they are nil; NULL: it is no such table. */
const char *const *event_complete(lua_State *L, int t);

#endif
