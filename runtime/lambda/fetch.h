/* Outgoing HTTP of a handler: the call "http Request", which no service of the door answers (frames.h). */
#ifndef LAMBDA_FETCH_H
#define LAMBDA_FETCH_H

#include "base/json.h"
#include "door/world.h"

struct fetch;

/* `in` is lent.  `ended` is called once, not from inside this call: `out` is the answer (lent), or NULL and
 * `why` says what went wrong.  NULL: the request cannot be made, and *refused says why. */
struct fetch *fetch_begin(struct world *w, const cJSON *in,
                          void (*ended)(void *arg, const cJSON *out, const char *why), void *arg,
                          const char **refused);

/* Nobody waits any more. */
void fetch_leave(struct fetch *f);

#endif
