/* The operations of both services, one file each. */
#ifndef DYNAMODB_OPS_H
#define DYNAMODB_OPS_H

#include "door/op.h"

extern const struct op_row ddb_create_table, ddb_describe_table, ddb_list_tables, ddb_delete_table,
    ddb_update_table, ddb_put_table, ddb_backfill;
extern const struct op_row ddb_put_item, ddb_get_item, ddb_update_item, ddb_delete_item;
extern const struct op_row ddb_query, ddb_scan;
extern const struct op_row ddb_batch_get_item, ddb_batch_write_item;
extern const struct op_row ddb_describe_time_to_live, ddb_describe_limits, ddb_describe_endpoints;
extern const struct op_row ddb_tag_resource, ddb_untag_resource, ddb_list_tags_of_resource;

extern const struct op_row ddb_list_streams, ddb_describe_stream, ddb_get_shard_iterator, ddb_get_records,
    ddb_causes;

#endif
