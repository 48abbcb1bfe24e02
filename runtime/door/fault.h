/* A fault: the client's trouble, as AWS names it.  A table of rows per service. */
#ifndef DOOR_FAULT_H
#define DOOR_FAULT_H

struct fault {
    const char *code; /* "QueueDoesNotExist": what __type ends with in the JSON protocols */
    int http;         /* 400 */
    const char *
        query; /* the Query protocol's older code, "AWS.SimpleQueueService.NonExistentQueue"; NULL: as code */
    const char *text; /* the usual message; NULL when each place says its own */
    const char
        *ns; /* what __type begins with ("com.amazonaws.dynamodb.v20120810"); NULL: the service row's */
};

/* Faults that any service can answer with. */
extern const struct fault fault_internal;          /* InternalFailure, 500 */
extern const struct fault fault_unknown_operation; /* UnknownOperationException, 400 */
extern const struct fault fault_no_operation;      /* UnknownOperationException, 404: none was named */
extern const struct fault fault_serialization;     /* SerializationException, 400 */
extern const struct fault fault_validation;        /* ValidationException, 400 */
extern const struct fault fault_too_large;         /* RequestEntityTooLarge, 413 */
extern const struct fault fault_service_down;      /* ServiceUnavailable, 503: the server is stopping */

#endif
