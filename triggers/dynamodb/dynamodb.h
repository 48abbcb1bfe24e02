/* DynamoDB and its streams: the two services and the faults they answer with. */
#ifndef DYNAMODB_DYNAMODB_H
#define DYNAMODB_DYNAMODB_H

#include "door/op.h"

extern const struct service dynamodb_service;        /* DynamoDB_20120810 */
extern const struct service dynamodbstreams_service; /* DynamoDBStreams_20120810 */

extern const struct fault ddb_not_found;     /* ResourceNotFoundException */
extern const struct fault ddb_in_use;        /* ResourceInUseException */
extern const struct fault ddb_limit;         /* LimitExceededException */
extern const struct fault ddb_condition;     /* ConditionalCheckFailedException */
extern const struct fault ddb_trimmed;       /* TrimmedDataAccessException */
extern const struct fault ddb_iterator_aged; /* ExpiredIteratorException */

#endif
