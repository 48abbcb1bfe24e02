/* GetItem: one item by its key, or nothing.  Without a projection the stored text is the answer. */
#include "answer.h"
#include "catalog.h"
#include "ops.h"
#include "request.h"
#include "store.h"
#include "units.h"
#include "write.h"

struct get_item_in {
    struct str table_name, projection, capacity;
    const cJSON *key, *names, *attributes_to_get;
    int consistent;
};

static const struct shape_row in[] = {
    IN_STR(get_item_in, table_name, "TableName", .flags = SHAPE_REQ, .min = 3, .max = 1024,
           .pattern = TABLE_NAME_PATTERN, .match = table_name_spelled),
    IN_MAP(get_item_in, key, "Key", .flags = SHAPE_REQ | SHAPE_ZEROS),
    IN_TREE(get_item_in, attributes_to_get, "AttributesToGet"),
    IN_BOOL(get_item_in, consistent, "ConsistentRead"),
    IN_STR(get_item_in, capacity, "ReturnConsumedCapacity", .one_of = return_capacity_enum),
    IN_STR(get_item_in, projection, "ProjectionExpression"),
    IN_MAP(get_item_in, names, "ExpressionAttributeNames", .flags = SHAPE_ZEROS),
    SHAPE_END,
};

static bool read_projection(const struct get_item_in *req, struct projection **out, struct wrong *w)
{
    const struct param expressions[] = {{"ProjectionExpression", req->projection.p != NULL}, {NULL, false}};
    const struct param legacy[] = {{"AttributesToGet", req->attributes_to_get != NULL}, {NULL, false}};
    struct expr_set set;
    if (!request_check(expressions, legacy, req->names, NULL, w))
        return false;
    if (!req->projection.p)
        return true;
    return expr_set_init(&set, req->names, NULL, w) && (*out = expr_projection(&set, req->projection)) &&
           expr_set_all_used(&set);
}

static bool check_projection(const struct table *t, const struct projection *p, struct wrong *w)
{
    for (size_t i = 0; p && i < p->n; i++)
        if (!path_check_keys(t, &p->paths[i], w))
            return false;
    return true;
}

static void write_item(struct call *c, struct buf *b, const struct projection *p, struct str text)
{
    const struct attr *item = p ? attr_map_from_text(&c->arena, arena_str(&c->arena, text)) : NULL;
    if (item)
        answer_attr_member(b, "Item", expr_project(&c->arena, &p->places, item));
    else
        answer_raw_member(b, "Item", text);
}

static enum op_end answer(struct call *c, const struct get_item_in *req, const struct table *t,
                          const struct projection *p, const struct attr *key)
{
    struct key k;
    struct str value;
    struct stored s = {0, STR_NONE};
    item_key(&k, t, key);
    enum rc rc = store_get(c->txn, key_view(&k), &value);
    key_release(&k);
    if (rc != RC_OK && rc != RC_NONE)
        return call_broke(c, rc);
    struct buf *b = answer_begin(c);
    if (rc == RC_OK) {
        s = stored_read(value);
        write_item(c, b, p, s.text);
    }
    if (report_of(req->capacity) != REPORT_NONE) {
        struct units u = {.table = units_read(s.size, req->consistent == 1)};
        answer_member(b, "ConsumedCapacity");
        units_write_answer(b, report_of(req->capacity), req->table_name, t, &u);
    }
    return answer_end(c);
}

static enum op_end run(struct call *c, const void *input)
{
    const struct get_item_in *req = input;
    struct wrong w = wrong_none(&c->arena);
    struct projection *p = NULL;
    struct table *t;
    enum op_end end;
    const struct attr *key = attr_map_from_tree(req->key, &w);
    if (!key || !read_projection(req, &p, &w))
        return wrong_end(c, &w);
    if (catalog_missing(c, req->table_name, false, &t, &end))
        return end;
    if (!key_check(&t->keys, key, &w) || !check_projection(t, p, &w))
        return wrong_end(c, &w);
    return answer(c, req, t, p, key);
}

const struct op_row ddb_get_item = {"GetItem", run, in, sizeof(struct get_item_in), .flags = 0};
