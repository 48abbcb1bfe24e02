/* Any text as a condition, an update, a projection: read or refused, never a crash; and an item that an
 * update leaves reads back from its text as the same item. */
#include "base/rc.h"
#include "dynamodb/expr.h"
#include <stdlib.h>

static const char item_text[] =
    "{\"b\":{\"B\":\"aGk=\"},\"l\":{\"L\":[{\"N\":\"0\"},{\"L\":[{\"S\":\"x\"}]}]},"
    "\"m\":{\"M\":{\"a\":{\"N\":\"1\"}}},\"n\":{\"N\":\"5\"},\"s\":{\"S\":\"hello\"},\"ss\":{\"SS\":[\"p\","
    "\"q\"]}}";
static const char values_text[] = "{\":n\":{\"N\":\"-2.5\"},\":s\":{\"S\":\"he\"},\":l\":{\"L\":[{\"NULL\":"
                                  "true}]},\":ss\":{\"SS\":[\"q\",\"r\"]}}";

static void check_item(struct arena *a, const struct attr *item)
{
    struct buf b;
    buf_init(&b, 16u << 20);
    attr_map_write(item, &b);
    const struct attr *again = attr_map_from_text(a, buf_view(&b));
    if (!again || !attr_equal(item, again))
        BUG("an item does not read back: %s", buf_zstr(&b));
    buf_release(&b);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena a;
    struct expr_set set;
    struct str text = str_n(data, size);
    cJSON *names = cJSON_Parse("{\"#d\":\"d-d\"}"), *values = cJSON_Parse(values_text);
    arena_init(&a);
    const struct attr *item = attr_map_from_text(&a, STR(item_text));
    for (int kind = 0; kind < 3; kind++) {
        struct wrong w = wrong_none(&a);
        expr_set_init(&set, names, values, &w);
        if (kind == 0) {
            struct expr *e = expr_condition(&set, "ConditionExpression", text);
            if (e)
                expr_holds(&a, e, item);
            if (!e != !!w.fault)
                BUG("neither read nor refused");
        } else if (kind == 1) {
            struct update *u = expr_update(&set, text);
            const struct attr *left = u ? expr_update_apply(u, item, &w) : NULL;
            if (left)
                check_item(&a, left);
            if (!left != !!w.fault)
                BUG("neither applied nor refused");
        } else {
            struct projection *p = expr_projection(&set, text);
            if (p)
                check_item(&a, expr_project(&a, &p->places, item));
        }
    }
    arena_release(&a);
    cJSON_Delete(names);
    cJSON_Delete(values);
    return 0;
}
