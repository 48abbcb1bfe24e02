/* UpdateItem: changes attributes of an item, or makes it when it is not there. */
#include "catalog.h"
#include "ops.h"
#include "write.h"

static const struct shape_row in[] = {
    WRITE_TABLE_NAME,
    IN_MAP(write_in, item, "Key", .flags = SHAPE_REQ | SHAPE_ZEROS),
    IN_STR(write_in, update, "UpdateExpression"),
    IN_TREE(write_in, attribute_updates, "AttributeUpdates"),
    WRITE_COMMON,
    SHAPE_END,
};

static enum op_end run(struct call *c, const void *input)
{
    struct rmw r = {.kind = RMW_UPDATE};
    return write_run(c, input, &r);
}

const struct op_row ddb_update_item = {"UpdateItem", run, in, sizeof(struct write_in), .flags = 0};
