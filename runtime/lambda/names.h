/* The rows that many operations share: a function's name and its qualifier, with botocore's constraints. */
#ifndef LAMBDA_NAMES_H
#define LAMBDA_NAMES_H

#include "door/shape.h"

#define FUNCTION_NAME_PATTERN                                                                                \
    "(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?"           \
    "(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
#define QUALIFIER_PATTERN "\\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"

/* What a function's name says: (REGION:)?(ACCOUNT:)?(function:)?NAME(:QUALIFIER)?, or a whole ARN. */
struct function_name {
    struct str partition, region, account, name, qualifier; /* absent: not said */
};
bool names_read(struct str text, struct function_name *out); /* false: it is none */

bool names_function(struct str s);
bool names_qualifier(struct str s);

#define IN_FUNCTION(type)                                                                                    \
    IN_STR(type, function, "FunctionName", .flags = SHAPE_REQ | SHAPE_IN_URI, .min = 1, .max = 256,          \
           .pattern = FUNCTION_NAME_PATTERN, .match = names_function)
#define IN_QUALIFIER(type)                                                                                   \
    IN_STR(type, qualifier, "Qualifier", .flags = SHAPE_IN_QUERY, .min = 1, .max = 128,                      \
           .pattern = QUALIFIER_PATTERN, .match = names_qualifier)

#endif
