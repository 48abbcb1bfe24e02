/* What is wrong with a request, said by code that knows no call: parsers, values, keys.
 *
 * The first thing that is wrong stays.  An operation ends with wrong_end. */
#ifndef DYNAMODB_WRONG_H
#define DYNAMODB_WRONG_H

#include "base/arena.h"
#include "door/call.h"

struct wrong {
    struct arena *arena;
    const struct fault *fault; /* NULL: nothing is wrong */
    struct str text;
};

static inline struct wrong wrong_none(struct arena *a)
{
    return (struct wrong){.arena = a};
}

/* Returns false, so that a check can end with it. */
bool wrong_say(struct wrong *w, const struct fault *f, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* ValidationException. */
#define wrong_value(w, ...) wrong_say((w), &fault_validation, __VA_ARGS__)

enum op_end wrong_end(struct call *c, const struct wrong *w);

#endif
