/* A handler's calls to the door, and their answers back to its home. */
#ifndef LAMBDA_CALLS_H
#define LAMBDA_CALLS_H

#include "dispatch.h"

/* Opens and submits the call that a handler asked for; it is answered through the flight's home. */
void calls_open(struct flight *x, uint64_t call, struct str service, struct str operation, struct str input);

/* The flight is over: its calls go on, but their answers are for nobody. */
void calls_leave(struct flight *x);

#endif
