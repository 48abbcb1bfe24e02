#include "fault.h"
#include <stdarg.h>
#include <stdio.h>

const struct fault sns_invalid_parameter = {.code = "InvalidParameter", .http = 400};
const struct fault sns_parameter_value_invalid = {.code = "ParameterValueInvalid", .http = 400};
const struct fault sns_validation = {.code = "ValidationError", .http = 400};
const struct fault sns_not_found = {.code = "NotFound", .http = 404};
const struct fault sns_resource_not_found = {
    .code = "ResourceNotFound", .http = 404, .text = "Resource does not exist"};
const struct fault sns_tag_limit = {.code = "TagLimitExceeded",
                                    .http = 400,
                                    .text = "Could not complete request: tag quota of per resource exceeded"};
const struct fault sns_empty_batch = {
    .code = "EmptyBatchRequest", .http = 400, .text = "The batch request doesn't contain any entries."};
const struct fault sns_too_many_entries = {.code = "TooManyEntriesInBatchRequest",
                                           .http = 400,
                                           .text =
                                               "The batch request contains more entries than permissible."};
const struct fault sns_ids_not_distinct = {.code = "BatchEntryIdsNotDistinct",
                                           .http = 400,
                                           .text =
                                               "Two or more batch entries in the request have the same Id."};
const struct fault sns_invalid_batch_id = {
    .code = "InvalidBatchEntryId",
    .http = 400,
    .text = "The Id of a batch entry in a batch request doesn't abide by the specification."};
const struct fault sns_batch_too_long = {
    .code = "BatchRequestTooLong",
    .http = 400,
    .text = "The length of all the batch messages put together is more than the limit."};

enum op_end fail_parameter(struct call *c, const char *fmt, ...)
{
    char text[4096];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return call_fail(c, &sns_invalid_parameter, "Invalid parameter: %s", text);
}

struct str sns_invalid(struct call *c, const struct shape_error *errors, int n, const struct fault **fault)
{
    if (errors[0].problem == SHAPE_HAS_ZEROS) {
        *fault = &sns_invalid_parameter;
        return arena_printf(&c->arena, "Invalid parameter: %s Reason: it holds the character #x0",
                            errors[0].row->name);
    }
    *fault = &sns_validation;
    return shape_coral_text(&c->arena, errors, n);
}
