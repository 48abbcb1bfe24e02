/* PutItem, UpdateItem and DeleteItem: what their requests and answers have in common. */
#ifndef DYNAMODB_WRITE_H
#define DYNAMODB_WRITE_H

#include "rmw.h"

struct write_in {
    struct str table_name, condition, update, return_values, on_failure, capacity, metrics;
    const cJSON *item, *names, *values;                               /* item: PutItem's Item, else Key */
    const cJSON *expected, *attribute_updates, *conditional_operator; /* legacy */
};

/* Does the whole of a write: reads the request, changes the item, answers.  `r->kind` is set. */
enum op_end write_run(struct call *c, const struct write_in *in, struct rmw *r);

/* Rows that the three share. */
extern const char *const return_values_enum[];
extern const char *const return_capacity_enum[];
extern const char *const return_metrics_enum[];
extern const char *const return_on_failure_enum[];

#define WRITE_TABLE_NAME                                                                                     \
    IN_STR(write_in, table_name, "TableName", .flags = SHAPE_REQ, .min = 3, .max = 1024,                     \
           .pattern = TABLE_NAME_PATTERN, .match = table_name_spelled)
#define WRITE_COMMON                                                                                         \
    IN_STR(write_in, condition, "ConditionExpression"),                                                      \
        IN_MAP(write_in, names, "ExpressionAttributeNames", .flags = SHAPE_ZEROS),                           \
        IN_MAP(write_in, values, "ExpressionAttributeValues", .flags = SHAPE_ZEROS),                         \
        IN_STR(write_in, return_values, "ReturnValues", .one_of = return_values_enum),                       \
        IN_STR(write_in, on_failure, "ReturnValuesOnConditionCheckFailure",                                  \
               .one_of = return_on_failure_enum),                                                            \
        IN_STR(write_in, capacity, "ReturnConsumedCapacity", .one_of = return_capacity_enum),                \
        IN_STR(write_in, metrics, "ReturnItemCollectionMetrics", .one_of = return_metrics_enum),             \
        IN_TREE(write_in, expected, "Expected"),                                                             \
        IN_TREE(write_in, conditional_operator, "ConditionalOperator")

/* {"ItemCollectionKey":{...},"SizeEstimateRangeGB":[0,1]}, for tables with local indexes. */
void metrics_write(struct buf *b, const struct rmw *r);

#endif
