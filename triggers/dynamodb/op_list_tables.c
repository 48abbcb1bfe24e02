/* ListTables: names in order, at most 100 a page. */
#include "catalog.h"
#include "ops.h"

struct list_tables_in {
    struct str start;
    int64_t limit;
};

static const struct shape_row in[] = {
    IN_STR(list_tables_in, start, "ExclusiveStartTableName", .min = 3, .max = 255,
           .pattern = TABLE_NAME_PATTERN, .match = table_name_spelled),
    IN_INT(list_tables_in, limit, "Limit", .min = 1, .max = 100),
    SHAPE_END,
};

static enum op_end run(struct call *c, const void *input)
{
    const struct list_tables_in *req = input;
    cJSON *names = cJSON_AddArrayToObject(call_out(c), "TableNames");
    bool more;
    enum rc rc =
        catalog_names(c, req->start, req->limit == SHAPE_NO_INT ? 100 : (int)req->limit, names, &more);
    if (rc != RC_OK)
        return call_broke(c, rc);
    if (more)
        cJSON_AddStringToObject(call_out(c), "LastEvaluatedTableName",
                                cJSON_GetArrayItem(names, cJSON_GetArraySize(names) - 1)->valuestring);
    return OP_DONE;
}

const struct op_row ddb_list_tables = {"ListTables", run, in, sizeof(struct list_tables_in), .flags = 0};
