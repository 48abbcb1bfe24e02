/* The Lambda service: its row, its faults, and the state that hangs from a world. */
#ifndef LAMBDA_LAMBDA_H
#define LAMBDA_LAMBDA_H

#include "base/map.h"
#include "door/call.h"

struct dispatch;
struct async;

/* The room's state in one world. */
struct lambda {
    struct world *world;
    struct map functions; /* ARN -> struct function (model.h): a cache of the store */
    bool loaded;
    struct dispatch *dispatch; /* runs invocations; no model, so a drop leaves it alone */
    struct async *async;
};

extern const struct service lambda_service;

struct lambda *lambda_of(const struct world *w);

extern const struct fault lambda_not_found;       /* ResourceNotFoundException, 404 */
extern const struct fault lambda_invalid;         /* InvalidParameterValueException, 400 */
extern const struct fault lambda_invalid_content; /* InvalidRequestContentException, 400 */
extern const struct fault lambda_too_many;        /* TooManyRequestsException, 429 */
extern const struct fault lambda_too_large;       /* RequestEntityTooLargeException, 413 */
extern const struct fault lambda_conflict;        /* ResourceConflictException, 409 */
extern const struct fault lambda_service_failed;  /* ServiceException, 500 */
extern const struct fault lambda_precondition;    /* PreconditionFailedException, 412 */
extern const struct fault lambda_policy_length;   /* PolicyLengthExceededException, 400 */

/* call_fail with the member that Lambda's error bodies carry: "Type": "User". */
enum op_end lambda_fail(struct call *c, const struct fault *f, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

extern const struct op_row lambda_invoke;
extern const struct op_row lambda_list_functions;
extern const struct op_row lambda_get_function;
extern const struct op_row lambda_get_function_configuration;
extern const struct op_row lambda_check_code;
extern const struct op_row lambda_put_function;
extern const struct op_row lambda_delete_function;
extern const struct op_row lambda_put_function_concurrency;
extern const struct op_row lambda_get_function_concurrency;
extern const struct op_row lambda_delete_function_concurrency;
extern const struct op_row lambda_add_permission;
extern const struct op_row lambda_remove_permission;
extern const struct op_row lambda_get_policy;
extern const struct op_row lambda_put_function_event_invoke_config;
extern const struct op_row lambda_get_function_event_invoke_config;
extern const struct op_row lambda_causes;

#endif
