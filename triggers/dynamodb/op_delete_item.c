/* DeleteItem: removes an item; that it was not there is no fault. */
#include "catalog.h"
#include "ops.h"
#include "write.h"

static const struct shape_row in[] = {
    WRITE_TABLE_NAME,
    IN_MAP(write_in, item, "Key", .flags = SHAPE_REQ | SHAPE_ZEROS),
    WRITE_COMMON,
    SHAPE_END,
};

static enum op_end run(struct call *c, const void *input)
{
    struct rmw r = {.kind = RMW_DELETE};
    return write_run(c, input, &r);
}

const struct op_row ddb_delete_item = {"DeleteItem", run, in, sizeof(struct write_in), .flags = 0};
