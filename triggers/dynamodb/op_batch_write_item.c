/* BatchWriteItem: up to 25 puts and deletes in several tables, each on its own, without conditions. */
#include "answer.h"
#include "catalog.h"
#include "ops.h"
#include "rmw.h"
#include "tally.h"
#include "write.h"

#define REQUESTS_MAX 25

struct batch_write_in {
    const cJSON *tables;
    struct str capacity, metrics;
};

static const struct shape_row put_members[] = {OUT(SHAPE_MAP, "Item", .flags = SHAPE_REQ), SHAPE_END};
static const struct shape_row delete_members[] = {OUT(SHAPE_MAP, "Key", .flags = SHAPE_REQ), SHAPE_END};
static const struct shape_row request_members[] = {
    OUT(SHAPE_STRUCT, "DeleteRequest", .of = delete_members),
    OUT(SHAPE_STRUCT, "PutRequest", .of = put_members),
    SHAPE_END,
};
static const struct shape_row request_rows[] = {OUT(SHAPE_STRUCT, "member", .of = request_members),
                                                SHAPE_END};
static const struct shape_row table_rows[] = {
    OUT(SHAPE_LIST, "member", .min = 1, .max = REQUESTS_MAX, .of = request_rows), SHAPE_END};
static const struct shape_row in[] = {
    IN_MAP(batch_write_in, tables, "RequestItems", .flags = SHAPE_REQ | SHAPE_ZEROS, .min = 1,
           .max = REQUESTS_MAX, .of = table_rows),
    IN_STR(batch_write_in, capacity, "ReturnConsumedCapacity", .one_of = return_capacity_enum),
    IN_STR(batch_write_in, metrics, "ReturnItemCollectionMetrics", .one_of = return_metrics_enum),
    SHAPE_END,
};

struct batch {
    struct rmw writes[REQUESTS_MAX];
    struct str names[REQUESTS_MAX]; /* of the tables, as the request has them; in runs of one table */
    size_t n;
};

static const cJSON *member(const cJSON *o, const char *name)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, name);
    return cJSON_IsNull(v) ? NULL : v;
}

static bool read_request(struct batch *b, struct str table, const cJSON *request, struct wrong *w)
{
    const cJSON *put = member(request, "PutRequest"), *drop = member(request, "DeleteRequest");
    if (!put == !drop)
        return wrong_value(w,
                           "Supplied AttributeValue %s, must contain exactly one of the supported datatypes",
                           put ? "has more than one datatypes set" : "is empty");
    if (b->n == REQUESTS_MAX)
        return wrong_value(w, "Too many items requested for the BatchWriteItem call");
    struct rmw *r = &b->writes[b->n];
    b->names[b->n++] = table;
    *r = (struct rmw){.kind = put ? RMW_PUT : RMW_DELETE};
    r->key = attr_map_from_tree(put ? member(put, "Item") : member(drop, "Key"), w);
    if (!r->key)
        return false;
    return !put || attr_item_size(r->key) <= ITEM_SIZE_MAX ||
           wrong_value(w, "Item size has exceeded the maximum allowed size");
}

static bool read_requests(const struct batch_write_in *req, struct batch *b, struct wrong *w)
{
    const cJSON *table, *request;
    cJSON_ArrayForEach (table, req->tables) {
        if (!table_name_valid(str_z(table->string)))
            return wrong_value(
                w,
                "1 validation error detected: Value '%s' at 'requestItems' failed to satisfy constraint: Map "
                "keys must satisfy constraint: [Member must have length less than or equal to 255, Member "
                "must have length greater than or equal to 3, Member must satisfy regular expression "
                "pattern: "
                "%s]",
                table->string, TABLE_NAME_PATTERN);
        cJSON_ArrayForEach (request, table)
            if (!read_request(b, str_z(table->string), request, w))
                return false;
    }
    return true;
}

/* Each against its table; no key may come twice.  Of a wrong key a batch says less than PutItem does. */
static bool check(struct call *c, struct batch *b, enum op_end *end)
{
    struct wrong w = wrong_none(&c->arena);
    for (size_t i = 0; i < b->n && !w.fault; i++) {
        struct rmw *r = &b->writes[i];
        if (catalog_missing(c, b->names[i], false, &r->table, end))
            return false;
        const struct attr *key =
            r->kind == RMW_PUT ? key_of_item(&c->arena, &r->table->keys, r->key) : r->key;
        if (!key_check(&r->table->keys, key, &w) || (r->kind == RMW_PUT && !item_check(r->table, r->key, &w)))
            break;
        for (size_t j = 0; j < i; j++)
            if (b->writes[j].table == r->table &&
                attr_equal(key, key_of_item(&c->arena, &r->table->keys, b->writes[j].key)))
                wrong_value(&w, "Provided list of item keys contains duplicates");
    }
    if (w.fault)
        *end = wrong_end(c, &w);
    return !w.fault;
}

static enum rc write_all(struct call *c, struct batch *b)
{
    struct wrong w = wrong_none(&c->arena);
    enum rc rc = RC_OK;
    for (size_t i = 0; i < b->n && rc == RC_OK; i++)
        if (rmw_decide(c, &b->writes[i], &w, &rc))
            rc = rmw_apply(c, &b->writes[i]);
    if (rc != RC_OK)
        for (size_t i = 0; i < b->n; i++)
            tally_forget(b->writes[i].table); /* the writes before the one that failed are undone */
    return rc;
}

static void add_units(struct call *c, struct units *sum, const struct rmw *r)
{
    sum->table += r->units.table;
    for (size_t i = 0; r->units.indexes && i < r->table->index_count; i++)
        units_add_index(&c->arena, sum, r->table, i, r->units.indexes[i]);
}

static void write_capacity(struct call *c, struct buf *out, enum report report, const struct batch *b)
{
    answer_member(out, "ConsumedCapacity");
    buf_char(out, '[');
    for (size_t i = 0; i < b->n;) {
        struct units sum = {0};
        size_t first = i;
        for (; i < b->n && b->writes[i].table == b->writes[first].table; i++)
            add_units(c, &sum, &b->writes[i]);
        answer_comma(out);
        units_write_answer(out, report, b->names[first], b->writes[first].table, &sum);
    }
    buf_char(out, ']');
}

static void write_metrics(struct buf *out, const struct batch *b)
{
    answer_member(out, "ItemCollectionMetrics");
    buf_char(out, '{');
    for (size_t i = 0; i < b->n;) {
        const struct table *t = b->writes[i].table;
        if (!t->has_local) {
            i++;
            continue;
        }
        answer_comma(out);
        buf_json(out, b->names[i]);
        buf_z(out, ":[");
        for (; i < b->n && b->writes[i].table == t; i++) {
            answer_comma(out);
            metrics_write(out, &b->writes[i]);
        }
        buf_char(out, ']');
    }
    buf_char(out, '}');
}

static bool any_local(const struct batch *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->writes[i].table->has_local)
            return true;
    return false;
}

static enum op_end run(struct call *c, const void *input)
{
    const struct batch_write_in *req = input;
    struct wrong w = wrong_none(&c->arena);
    struct batch *b = arena_zalloc(&c->arena, sizeof *b);
    enum op_end end;
    if (!read_requests(req, b, &w))
        return wrong_end(c, &w);
    if (!check(c, b, &end))
        return end;
    enum rc rc = write_all(c, b);
    if (rc != RC_OK)
        return call_broke(c, rc);
    struct buf *out = answer_begin(c);
    answer_raw_member(out, "UnprocessedItems", STR("{}"));
    if (str_is(req->metrics, "SIZE") && any_local(b))
        write_metrics(out, b);
    if (report_of(req->capacity) != REPORT_NONE)
        write_capacity(c, out, report_of(req->capacity), b);
    return answer_end(c);
}

const struct op_row ddb_batch_write_item = {"BatchWriteItem", run, in, sizeof(struct batch_write_in),
                                            .flags = 0};
