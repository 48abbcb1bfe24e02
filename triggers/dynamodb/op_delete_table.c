/* DeleteTable: gone at once, with its items and indexes; its stream stays readable for a day. */
#include "catalog.h"
#include "describe.h"
#include "dynamodb.h"
#include "ops.h"
#include "table_change.h"
#include "tally.h"

struct delete_table_in {
    struct str table_name;
};

static const struct shape_row in[] = {
    IN_STR(delete_table_in, table_name, "TableName", .flags = SHAPE_REQ, .min = 3, .max = 1024,
           .pattern = TABLE_NAME_PATTERN, .match = table_name_spelled),
    SHAPE_END,
};

static enum op_end run(struct call *c, const void *input)
{
    const struct delete_table_in *req = input;
    struct table *t;
    enum op_end end;
    enum rc rc = RC_OK;
    if (catalog_missing(c, req->table_name, true, &t, &end))
        return end;
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(t->def, "DeletionProtectionEnabled")))
        return call_fail(
            c, &fault_validation,
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion "
            "protection first.");
    for (size_t i = 0; i < t->index_count; i++)
        if (t->indexes[i].filling)
            return call_fail(c, &ddb_in_use,
                             "Attempt to change a resource which is still in use: Cannot delete table while "
                             "indexes are being created, updated, or deleted.");
    if (tally_waits(c, t, &end))
        return end;
    cJSON_AddItemToObject(call_out(c), "TableDescription", table_describe(c, t, "DELETING", "DELETING"));
    if (t->stream)
        rc = change_stream_off(c, t, NULL);
    if (rc == RC_OK)
        rc = catalog_remove(c, t);
    return rc == RC_OK ? OP_DONE : catalog_broke(c, rc);
}

const struct op_row ddb_delete_table = {"DeleteTable", run, in, sizeof(struct delete_table_in), .flags = 0};
