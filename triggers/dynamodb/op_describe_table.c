/* DescribeTable. */
#include "catalog.h"
#include "describe.h"
#include "ops.h"
#include "tally.h"

struct describe_table_in {
    struct str table_name;
};

static const struct shape_row in[] = {
    IN_STR(describe_table_in, table_name, "TableName", .flags = SHAPE_REQ, .min = 3, .max = 1024,
           .pattern = TABLE_NAME_PATTERN, .match = table_name_spelled),
    SHAPE_END,
};

static enum op_end run(struct call *c, const void *input)
{
    const struct describe_table_in *req = input;
    struct table *t;
    enum op_end end;
    if (catalog_missing(c, req->table_name, true, &t, &end))
        return end;
    if (tally_waits(c, t, &end))
        return end;
    cJSON_AddItemToObject(call_out(c), "Table", table_describe(c, t, "ACTIVE", "ACTIVE"));
    return OP_DONE;
}

const struct op_row ddb_describe_table = {"DescribeTable", run, in, sizeof(struct describe_table_in),
                                          .flags = 0};
