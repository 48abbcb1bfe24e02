/* MODEL: a function's configuration and the rules about its name, its limits and its answers.  No I/O but
 * through store.h.
 *
 * A function is its stored row, a tree, with views into it:
 *   {"Account","Region","Put":{PutFunction's input},"Modified":ms,"Revision":uuid,
 *    "Reserved":n,"EventInvoke":{...},"Policy":[statement, ...]}      (the last three only when set) */
#ifndef LAMBDA_MODEL_H
#define LAMBDA_MODEL_H

#include "lambda.h"

#define LAMBDA_ACCOUNT_CONCURRENCY 1000 /* AWS's default for an account and region */
#define LAMBDA_UNRESERVED_LEAST 100     /* what reservations must leave of it */
#define LAMBDA_SYNC_PAYLOAD 6291456     /* bytes */
#define LAMBDA_ASYNC_PAYLOAD 1048576
#define LAMBDA_RESULT_MAX 6291556

struct lane;

struct function {
    cJSON *row; /* room; all below are views into it */
    struct str arn, name, account, region;
    struct str runtime, handler, folder, inline_code;
    int64_t timeout_ms, memory_mb;
    int64_t reserved;                /* ReservedConcurrentExecutions; -1: none */
    int64_t max_retries, max_age_ms; /* of asynchronous events */
    const cJSON *variables;
    char code[33];     /* changes when anything changes that a running environment knows */
    struct lane *lane; /* dispatch's own: where its invocations wait and run; NULL until the first */
};

/* The function that a request names: name, name:qualifier, part of an ARN, or ARN; `qualifier` may be absent.
 * NULL: the fault is set. */
struct function *function_find(struct call *c, struct str reference, struct str qualifier);

/* By its whole ARN, without a fault.  Loads the models when needed. */
struct function *function_at(struct lambda *l, struct str arn);

/* All of an account and region, by name, in the call's arena; *n: how many. */
struct function **functions_sorted(struct call *c, size_t *n);

/* A copy of the row, to be changed and given to function_save. */
cJSON *function_edit(const struct function *f);

/* Stamps the row (moved) with time and revision, stores it, and puts it in the model.  NULL: the fault is
 * set.  Pointers to the function as it was are no longer valid. */
struct function *function_save(struct call *c, cJSON *row);

/* From store and model.  False: the fault is set. */
bool function_remove(struct call *c, struct function *f);

/* What is promised to other functions of the account: the sum of all reservations but this one's. */
int64_t functions_reserved(struct lambda *l, const struct function *but);

/* Whether so much is left for this function (NULL: a new one).  False: the fault is set. */
bool function_may_reserve(struct call *c, const struct function *f, int64_t reserved);

void functions_forget(struct lambda *l);

/* FunctionConfiguration, as GetFunction and ListFunctions show it; the taker's. */
cJSON *function_configuration(const struct function *f);

struct str function_revision(const struct function *f);

/* Text and numbers of a tree; absent, or `otherwise`. */
struct str tree_str(const cJSON *o, const char *name);
int64_t tree_int(const cJSON *o, const char *name, int64_t otherwise);

#endif
