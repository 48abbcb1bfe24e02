/* CreateTable: a table that is there at once; the answer says CREATING, as the service's does, and
 * DescribeTable says ACTIVE. */
#include "catalog.h"
#include "describe.h"
#include "dynamodb.h"
#include "ops.h"
#include "table_change.h"
#include "table_in.h"

static enum op_end run(struct call *c, const void *input)
{
    const struct table_in *req = input;
    struct wrong w = wrong_none(&c->arena);
    struct table *t;
    enum op_end end;
    if (!table_in_check(req, &w))
        return wrong_end(c, &w);
    if (catalog_name_long(c, req->table_name, &end))
        return end;
    if (catalog_elsewhere(c, req->table_name))
        return call_fail(c, &fault_validation, "Invalid TableArn: not of this account and region: %.*s",
                         STR_ARG(req->table_name));
    enum rc rc = catalog_table(c, req->table_name, &t);
    if (rc == RC_OK)
        return call_fail(c, &ddb_in_use, "Table already exists: %.*s", STR_ARG(t->name));
    if (rc == RC_NONE)
        rc = change_create(c, req, &t);
    if (rc != RC_OK)
        return catalog_broke(c, rc);
    cJSON_AddItemToObject(call_out(c), "TableDescription", table_describe(c, t, "CREATING", "CREATING"));
    return OP_DONE;
}

const struct op_row ddb_create_table = {"CreateTable", run, table_create_rows, sizeof(struct table_in),
                                        .flags = 0};
