/* DescribeTable. */
#include "catalog.h"
#include "describe.h"
#include "ops.h"

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
    enum rc rc;
    if (catalog_missing(c, req->table_name, true, &t, &end))
        return end;
    cJSON *table = table_describe(c, t, "ACTIVE", "ACTIVE", &rc);
    if (!table)
        return call_broke(c, rc);
    cJSON_AddItemToObject(call_out(c), "Table", table);
    return OP_DONE;
}

const struct op_row ddb_describe_table = {"DescribeTable", run, in, sizeof(struct describe_table_in),
                                          .flags = 0};
