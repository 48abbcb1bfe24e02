/* BatchWriteItem: up to 25 puts and deletes in several tables, each on its own, without conditions.
 *
 * The whole request is checked first.  A large one is then written in portions, each a turn of its own, so
 * that others come to their turn meanwhile: they see what is written so far, as on AWS.  A table that goes or
 * gets other indexes meanwhile takes no more of it: the rest is handed back as UnprocessedItems. */
#include "answer.h"
#include "catalog.h"
#include "ops.h"
#include "rmw.h"
#include "tally.h"
#include "write.h"

#define REQUESTS_MAX 25
#define TURN_LEAST (CALL_WORK / 8) /* bytes that a batch writes in a turn, whatever others did in it */

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
    const cJSON *asked[REQUESTS_MAX];
    bool left[REQUESTS_MAX];           /* handed back */
    struct table *known[REQUESTS_MAX]; /* NULL: all is written in one turn */
    size_t n, done;
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
    b->asked[b->n] = request;
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

/* --- writing */

/* How a table is known again in a later turn, when its model may be another; and what the answer needs of it.
 */
static struct table *remember(struct arena *a, const struct table *t)
{
    struct table *known = arena_zalloc(a, sizeof *known);
    known->id = t->id;
    known->has_local = t->has_local;
    known->keys.part[0].name = arena_str(a, t->keys.part[0].name);
    known->index_count = t->index_count;
    known->indexes = arena_zalloc(a, t->index_count * sizeof *known->indexes + 1);
    for (size_t i = 0; i < t->index_count; i++) {
        const struct index *x = &t->indexes[i];
        known->indexes[i] = (struct index){.id = x->id, .name = arena_str(a, x->name), .global = x->global};
    }
    return known;
}

static bool is_same(const struct table *known, const struct table *t)
{
    bool same = known->id == t->id && known->index_count == t->index_count;
    for (size_t i = 0; same && i < t->index_count; i++)
        same = known->indexes[i].id == t->indexes[i].id;
    return same;
}

static void remember_all(struct call *c, struct batch *b)
{
    for (size_t i = 0, j; i < b->n; i++) {
        for (j = 0; b->writes[j].table != b->writes[i].table; j++)
            continue;
        b->known[i] = j < i ? b->known[j] : remember(&c->arena, b->writes[i].table);
    }
}

static void leave_models(struct batch *b)
{
    for (size_t i = 0; i < b->n; i++)
        b->writes[i].table = b->known[i];
}

/* The models of this turn for what is still to write. */
static enum rc find_models(struct call *c, struct batch *b)
{
    enum rc rc = RC_OK;
    for (size_t i = b->done; i < b->n && rc == RC_OK; i++) {
        struct table *t = NULL;
        rc = catalog_table(c, b->names[i], &t);
        b->left[i] = rc == RC_NONE || (rc == RC_OK && !is_same(b->known[i], t));
        b->writes[i].table = b->left[i] ? b->known[i] : t;
        rc = rc == RC_NONE ? RC_OK : rc;
    }
    return rc;
}

/* *work: the bytes that this was about, of the item, its entries and its record.  `w` says what cannot be
 * stored though the check took it: an item of long numbers, which only its text shows. */
static enum rc write_one(struct call *c, struct rmw *r, int64_t *work, struct wrong *w)
{
    enum rc rc = RC_OK;
    if (rmw_decide(c, r, w, &rc))
        rc = rmw_apply(c, r);
    *work =
        (int64_t)((r->old_text.n + r->new_text.n) * (1 + r->table->index_count + (r->table->stream != NULL)));
    return rc;
}

/* As much as a turn should hold, one at least. */
static enum rc write_portion(struct call *c, struct batch *b, struct wrong *w)
{
    enum rc rc = RC_OK;
    size_t first = b->done;
    int64_t work, sum = 0;
    for (bool more = true; more && b->done < b->n && rc == RC_OK && !w->fault; b->done++) {
        if (b->left[b->done])
            continue;
        rc = write_one(c, &b->writes[b->done], &work, w);
        sum += work;
        more = call_works(c, work) || sum < TURN_LEAST;
    }
    bool failed = rc != RC_OK || w->fault;
    for (size_t i = first; failed && i < b->done; i++)
        if (!b->left[i])
            tally_forget(b->writes[i].table); /* the writes before the one that failed are undone */
    if (!failed && b->done < b->n && !b->known[0])
        remember_all(c, b);
    if (b->known[0])
        leave_models(b);
    return rc;
}

/* --- the answer */

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

static void write_unprocessed(struct buf *out, const struct batch *b)
{
    answer_member(out, "UnprocessedItems");
    buf_char(out, '{');
    for (size_t i = 0; i < b->n; i++) {
        if (!b->left[i])
            continue;
        bool first = i == 0 || !b->left[i - 1] || b->names[i - 1].p != b->names[i].p;
        bool last = i + 1 == b->n || !b->left[i + 1] || b->names[i + 1].p != b->names[i].p;
        answer_comma(out);
        if (first) {
            buf_json(out, b->names[i]);
            buf_z(out, ":[");
        }
        json_print(out, b->asked[i]);
        if (last)
            buf_char(out, ']');
    }
    buf_char(out, '}');
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
            if (b->left[i])
                continue;
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

static enum op_end answer(struct call *c, const struct batch_write_in *req, const struct batch *b)
{
    struct buf *out = answer_begin(c);
    write_unprocessed(out, b);
    if (str_is(req->metrics, "SIZE") && any_local(b))
        write_metrics(out, b);
    if (report_of(req->capacity) != REPORT_NONE)
        write_capacity(c, out, report_of(req->capacity), b);
    return answer_end(c);
}

static enum op_end go_on(struct call *c, const struct batch_write_in *req, struct batch *b)
{
    struct wrong w = wrong_none(&c->arena);
    enum rc rc = b->known[0] ? find_models(c, b) : RC_OK;
    if (rc == RC_OK)
        rc = write_portion(c, b, &w);
    if (w.fault)
        return wrong_end(c, &w);
    return rc != RC_OK ? call_broke(c, rc) : b->done < b->n ? OP_MORE : answer(c, req, b);
}

static enum op_end run(struct call *c, const void *input)
{
    const struct batch_write_in *req = input;
    if (c->plan)
        return go_on(c, req, c->plan);
    struct wrong w = wrong_none(&c->arena);
    struct batch *b = arena_zalloc(&c->arena, sizeof *b);
    enum op_end end;
    if (!read_requests(req, b, &w))
        return wrong_end(c, &w);
    if (!check(c, b, &end))
        return end;
    c->plan = b;
    return go_on(c, req, b);
}

const struct op_row ddb_batch_write_item = {"BatchWriteItem", run, in, sizeof(struct batch_write_in),
                                            .flags = 0};
