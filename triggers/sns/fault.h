/* The faults of SNS, and how it words them. */
#ifndef SNS_FAULT_H
#define SNS_FAULT_H

#include "door/call.h"

extern const struct fault sns_invalid_parameter;       /* InvalidParameter, 400 */
extern const struct fault sns_parameter_value_invalid; /* ParameterValueInvalid, 400: message attributes */
extern const struct fault sns_validation;              /* ValidationError, 400: shapes */
extern const struct fault sns_not_found;               /* NotFound, 404 */
extern const struct fault sns_resource_not_found;      /* ResourceNotFound, 404: tags */
extern const struct fault sns_tag_limit;
extern const struct fault sns_empty_batch;
extern const struct fault sns_too_many_entries;
extern const struct fault sns_ids_not_distinct;
extern const struct fault sns_invalid_batch_id;
extern const struct fault sns_batch_too_long;

/* "Invalid parameter: ..." */
enum op_end fail_parameter(struct call *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The service row's words for input that does not fit its shape. */
struct str sns_invalid(struct call *c, const struct shape_error *errors, int n, const struct fault **fault);

#endif
