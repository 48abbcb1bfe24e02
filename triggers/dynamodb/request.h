/* What requests of several operations have in common: which expressions they carry, and legacy parameters,
 * which are refused by name. */
#ifndef DYNAMODB_REQUEST_H
#define DYNAMODB_REQUEST_H

#include "expr.h"

struct param {
    const char *name;
    bool there;
};

/* Expression parameters (a ProjectionExpression stands first) and the names and values beside them: the
 * combinations that the service refuses.  Lists end with a NULL name. */
bool request_check(const struct param *expressions, const struct param *legacy, const cJSON *names,
                   const cJSON *values, struct wrong *w);

#endif
