/* BatchGetItem: up to 100 items of several tables.  Limit: 16 MB; keys beyond it come back unprocessed. */
#include "answer.h"
#include "base/map.h"
#include "catalog.h"
#include "ops.h"
#include "request.h"
#include "store.h"
#include "units.h"
#include "write.h"
#include <stdlib.h>

#define KEYS_MAX 100
#define BATCH_BYTES_MAX (16u << 20) /* of items, before a projection */
#define BATCH_TEXT_MAX (11u << 20)  /* of JSON text, so that the answer keeps below 16 MB */
#define KEY_TEXT_MAX (32u << 10)    /* of JSON text: no key that a table can have is longer */

struct batch_get_in {
    const cJSON *tables;
    struct str capacity;
};

static const struct shape_row key_rows[] = {OUT(SHAPE_MAP, "member"), SHAPE_END};
static const struct shape_row table_members[] = {
    OUT(SHAPE_LIST, "Keys", .flags = SHAPE_REQ, .min = 1, .max = KEYS_MAX, .of = key_rows),
    OUT(SHAPE_TREE, "AttributesToGet"),
    OUT(SHAPE_BOOL, "ConsistentRead"),
    OUT(SHAPE_STR, "ProjectionExpression"),
    OUT(SHAPE_MAP, "ExpressionAttributeNames"),
    SHAPE_END,
};
static const struct shape_row table_rows[] = {OUT(SHAPE_STRUCT, "member", .of = table_members), SHAPE_END};
static const struct shape_row in[] = {
    IN_MAP(batch_get_in, tables, "RequestItems", .flags = SHAPE_REQ | SHAPE_ZEROS, .min = 1, .max = 100,
           .of = table_rows),
    IN_STR(batch_get_in, capacity, "ReturnConsumedCapacity", .one_of = return_capacity_enum),
    SHAPE_END,
};

static const cJSON *member(const cJSON *o, const char *name)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, name);
    return cJSON_IsNull(v) ? NULL : v;
}

/* What is asked of one table. */
struct part {
    struct part *next;
    const cJSON *request;
    struct str name;
    struct table *table;
    const struct attr **keys;
    size_t n, answered;
    struct projection *projection;
    bool consistent;
    struct units units;
};

static bool read_projection(struct part *p, struct wrong *w)
{
    const cJSON *names = member(p->request, "ExpressionAttributeNames");
    struct str text = json_text(member(p->request, "ProjectionExpression"));
    const struct param expressions[] = {{"ProjectionExpression", text.p != NULL}, {NULL, false}};
    const struct param legacy[] = {{"AttributesToGet", member(p->request, "AttributesToGet") != NULL},
                                   {NULL, false}};
    struct expr_set set;
    if (!request_check(expressions, legacy, names, NULL, w))
        return false;
    return !text.p || (expr_set_init(&set, names, NULL, w) && (p->projection = expr_projection(&set, text)) &&
                       expr_set_all_used(&set));
}

/* Was there a key with the same canonical text?  What is too long for any key is refused when the table is
 * known.
 */
static bool seen_before(struct map *seen, const struct attr *key)
{
    struct buf b;
    buf_init(&b, KEY_TEXT_MAX);
    attr_map_write(key, &b);
    bool before = !b.full && map_put(seen, buf_view(&b), seen);
    buf_release(&b);
    return before;
}

static bool read_keys(struct part *p, const cJSON *keys, struct map *seen, size_t *total, struct wrong *w)
{
    const cJSON *at;
    p->keys = arena_alloc(w->arena, (size_t)cJSON_GetArraySize(keys) * sizeof *p->keys);
    cJSON_ArrayForEach (at, keys) {
        if (!(p->keys[p->n] = attr_map_from_tree(at, w)))
            return false;
        if (seen_before(seen, p->keys[p->n++]))
            return wrong_value(w, "Provided list of item keys contains duplicates");
        if (++*total > KEYS_MAX)
            return wrong_value(w, "Too many items requested for the BatchGetItem call");
    }
    return true;
}

static bool read_part(struct part *p, size_t *total, struct wrong *w)
{
    struct map seen;
    p->consistent = cJSON_IsTrue(member(p->request, "ConsistentRead"));
    if (!read_projection(p, w))
        return false;
    map_init(&seen);
    bool ok = read_keys(p, member(p->request, "Keys"), &seen, total, w);
    map_release(&seen);
    return ok;
}

static struct part *read_parts(const struct batch_get_in *req, struct wrong *w)
{
    struct part *first = NULL, **end = &first;
    size_t total = 0;
    const cJSON *at;
    cJSON_ArrayForEach (at, req->tables) {
        struct part *p = arena_zalloc(w->arena, sizeof *p);
        p->request = at;
        p->name = str_z(at->string);
        if (!read_part(p, &total, w))
            return NULL;
        *end = p;
        end = &p->next;
    }
    return first;
}

static bool find_tables(struct call *c, struct part *p, enum op_end *end)
{
    for (; p; p = p->next) {
        struct wrong w = wrong_none(&c->arena);
        if (!table_name_valid(p->name)) {
            *end = call_fail(
                c, &fault_validation,
                "1 validation error detected: Value '%.*s' at 'requestItems' failed to satisfy constraint: "
                "Map "
                "keys must satisfy constraint: [Member must have length less than or equal to 255, Member "
                "must "
                "have length greater than or equal to 3, Member must satisfy regular expression pattern: %s]",
                STR_ARG(p->name), TABLE_NAME_PATTERN);
            return false;
        }
        if (catalog_missing(c, p->name, false, &p->table, end))
            return false;
        for (size_t i = 0; i < p->n; i++)
            key_check(&p->table->keys, p->keys[i], &w);
        for (size_t i = 0; p->projection && i < p->projection->n; i++)
            path_check_keys(p->table, &p->projection->paths[i], &w);
        if (w.fault) {
            *end = wrong_end(c, &w);
            return false;
        }
    }
    return true;
}

static void write_item(struct call *c, struct buf *b, const struct part *p, struct str text)
{
    const struct attr *item =
        p->projection ? attr_map_from_text(&c->arena, arena_str(&c->arena, text)) : NULL;
    answer_comma(b);
    if (item)
        attr_map_write(expr_project(&c->arena, &p->projection->places, item), b);
    else
        buf_str(b, text);
}

static enum rc write_items(struct call *c, struct buf *b, struct part *p, size_t *bytes)
{
    for (; p->answered < p->n && b->n < BATCH_TEXT_MAX && *bytes < BATCH_BYTES_MAX; p->answered++) {
        struct key k;
        struct str value;
        item_key(&k, p->table, p->keys[p->answered]);
        enum rc rc = store_get(c->txn, key_view(&k), &value);
        key_release(&k);
        if (rc != RC_OK && rc != RC_NONE)
            return rc;
        struct stored s = rc == RC_OK ? stored_read(value) : (struct stored){0, STR_NONE};
        if (s.text.p)
            write_item(c, b, p, s.text);
        p->units.table += units_read(s.size, p->consistent);
        *bytes += s.size;
    }
    return RC_OK;
}

/* The request of a table again, with the keys that were not read. */
static void write_unprocessed(struct buf *b, const struct part *p)
{
    static const char *const kept[] = {"ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"};
    if (p->answered == p->n)
        return;
    answer_comma(b);
    buf_json(b, p->name);
    buf_z(b, ":{\"Keys\":[");
    for (size_t i = p->answered; i < p->n; i++) {
        answer_comma(b);
        attr_map_write(p->keys[i], b);
    }
    buf_char(b, ']');
    for (int i = 0; i < 3; i++) {
        const cJSON *v = member(p->request, kept[i]);
        char *text = v ? json_printed(v) : NULL;
        if (text)
            answer_raw_member(b, kept[i], str_z(text));
        free(text);
    }
    buf_char(b, '}');
}

static enum op_end answer(struct call *c, const struct batch_get_in *req, struct part *parts)
{
    struct buf *b = answer_begin(c);
    enum rc rc = RC_OK;
    size_t bytes = 0;
    answer_member(b, "Responses");
    buf_char(b, '{');
    for (struct part *p = parts; p && rc == RC_OK; p = p->next) {
        answer_comma(b);
        buf_json(b, p->name);
        buf_z(b, ":[");
        rc = write_items(c, b, p, &bytes);
        buf_char(b, ']');
    }
    if (rc != RC_OK)
        return call_broke(c, rc);
    buf_z(b, "},\"UnprocessedKeys\":{");
    for (struct part *p = parts; p; p = p->next)
        write_unprocessed(b, p);
    buf_char(b, '}');
    if (report_of(req->capacity) != REPORT_NONE) {
        answer_member(b, "ConsumedCapacity");
        buf_char(b, '[');
        for (struct part *p = parts; p; p = p->next) {
            answer_comma(b);
            units_write_answer(b, report_of(req->capacity), p->name, p->table, &p->units);
        }
        buf_char(b, ']');
    }
    return answer_end(c);
}

static enum op_end run(struct call *c, const void *input)
{
    const struct batch_get_in *req = input;
    struct wrong w = wrong_none(&c->arena);
    enum op_end end;
    struct part *parts = read_parts(req, &w);
    if (w.fault)
        return wrong_end(c, &w);
    if (!find_tables(c, parts, &end))
        return end;
    return answer(c, req, parts);
}

const struct op_row ddb_batch_get_item = {"BatchGetItem", run, in, sizeof(struct batch_get_in), .flags = 0};
