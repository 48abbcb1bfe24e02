#include "door/fault.h"
#include <stddef.h>

/* Texts as AWS answers them; the JSON protocols put `code` after the '#' of __type. */
const struct fault fault_internal = {
    .code = "InternalFailure",
    .http = 500,
    .text = "The request processing has failed because of an unknown error, exception or failure.",
};
const struct fault fault_unknown_operation = {
    .code = "UnknownOperationException",
    .http = 400,
    .query = "InvalidAction",
    .ns = "com.amazon.coral.service",
};
const struct fault fault_no_operation = {
    .code = "UnknownOperationException",
    .http = 404,
    .ns = "com.amazon.coral.service",
};
const struct fault fault_serialization = {
    .code = "SerializationException",
    .http = 400,
    .query = "MalformedInput",
    .ns = "com.amazon.coral.service",
};
const struct fault fault_validation = {
    .code = "ValidationException",
    .http = 400,
    .query = "ValidationError",
    .ns = "com.amazon.coral.validate",
};
const struct fault fault_too_large = {
    .code = "RequestEntityTooLarge",
    .http = 413,
    .text = "Request size exceeded the permitted maximum limit.",
    .ns = "com.amazon.coral.service",
};
const struct fault fault_service_down = {
    .code = "ServiceUnavailable",
    .http = 503,
    .text = "The service is stopping.",
};
