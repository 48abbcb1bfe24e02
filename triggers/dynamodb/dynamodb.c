#include "dynamodb.h"

#include "backfill.h"
#include "catalog.h"
#include "ops.h"

#define NS "com.amazonaws.dynamodb.v20120810"

const struct fault ddb_not_found = {"ResourceNotFoundException", 400, NULL, "Requested resource not found",
                                    NS};
const struct fault ddb_in_use = {"ResourceInUseException", 400, NULL, NULL, NS};
const struct fault ddb_limit = {"LimitExceededException", 400, NULL, NULL, NS};
const struct fault ddb_condition = {"ConditionalCheckFailedException", 400, NULL,
                                    "The conditional request failed", NS};
const struct fault ddb_trimmed = {"TrimmedDataAccessException", 400, NULL,
                                  "The operation attempted to read past the oldest stream record in a shard",
                                  NS};
const struct fault ddb_iterator_aged = {"ExpiredIteratorException", 400, NULL, "Shard iterator has expired",
                                        NS};

static const struct op_row *const table_ops[] = {
    &ddb_create_table,
    &ddb_describe_table,
    &ddb_list_tables,
    &ddb_delete_table,
    &ddb_update_table,
    &ddb_put_table,
    &ddb_backfill,
    &ddb_put_item,
    &ddb_get_item,
    &ddb_update_item,
    &ddb_delete_item,
    &ddb_query,
    &ddb_scan,
    &ddb_batch_get_item,
    &ddb_batch_write_item,
    &ddb_describe_time_to_live,
    &ddb_describe_limits,
    &ddb_describe_endpoints,
    &ddb_tag_resource,
    &ddb_untag_resource,
    &ddb_list_tags_of_resource,
    NULL,
};

const struct service dynamodb_service = {
    .name = "dynamodb",
    .target = "DynamoDB_20120810",
    .fault_ns = NS,
    .wires = WIRE_JSON10,
    .ops = table_ops,
    .request_max = 16u << 20, /* BatchWriteItem */
    .values_max = JSON_NODES_MAX,
    .open = catalog_open,
    .start = backfill_start,
    .drop = catalog_drop,
    .close = catalog_close,
};

static const struct op_row *const stream_ops[] = {
    &ddb_list_streams, &ddb_describe_stream, &ddb_get_shard_iterator, &ddb_get_records, &ddb_causes, NULL,
};

/* Its state is the tables': streams live in the same catalog. */
const struct service dynamodbstreams_service = {
    .name = "dynamodbstreams",
    .target = "DynamoDBStreams_20120810",
    .fault_ns = NS,
    .wires = WIRE_JSON10,
    .ops = stream_ops,
};
