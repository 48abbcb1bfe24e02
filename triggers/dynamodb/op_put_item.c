/* PutItem: makes an item, in the place of the whole item that had its key.  Limits: item 400 KB, hash key
 * 2048 bytes, range key 1024 bytes. */
#include "catalog.h"
#include "ops.h"
#include "write.h"

static const struct shape_row in[] = {
    WRITE_TABLE_NAME,
    IN_MAP(write_in, item, "Item", .flags = SHAPE_REQ | SHAPE_ZEROS),
    WRITE_COMMON,
    SHAPE_END,
};

static enum op_end run(struct call *c, const void *input)
{
    struct rmw r = {.kind = RMW_PUT};
    return write_run(c, input, &r);
}

const struct op_row ddb_put_item = {"PutItem", run, in, sizeof(struct write_in), .flags = 0};
