/* The request of a Query or Scan. */
#include "page.h"

#include "catalog.h"
#include "request.h"
#include <stdlib.h>

const char *const page_select_enum[] = {"SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES",
                                        "ALL_PROJECTED_ATTRIBUTES", NULL};

static bool check_params(const struct page_in *in, bool query, struct wrong *w)
{
    const struct param expressions[] = {
        {"ProjectionExpression", in->projection.p != NULL},
        {"FilterExpression", in->filter.p != NULL},
        {query ? "KeyConditionExpression" : NULL, in->key_condition.p != NULL},
        {NULL, false}};
    const struct param legacy[] = {
        {"AttributesToGet", in->attributes_to_get != NULL},
        {query ? "QueryFilter" : "ScanFilter", in->query_filter || in->scan_filter},
        {"ConditionalOperator", in->conditional_operator != NULL},
        {query ? "KeyConditions" : NULL, in->key_conditions != NULL},
        {NULL, false}};
    if (!request_check(expressions, legacy, in->names, in->values, w))
        return false;
    if (query && !in->key_condition.p)
        return wrong_value(
            w, "Either the KeyConditions or KeyConditionExpression parameter must be specified in "
               "the request.");
    return true;
}

static bool read_select(struct page *p, struct wrong *w)
{
    struct str s = p->in->select;
    bool projection = p->in->projection.p != NULL;
    p->select = projection ? SELECT_SPECIFIC : p->in->index_name.p ? SELECT_PROJECTED : SELECT_ALL;
    if (!s.p)
        return true;
    if (projection && !str_is(s, "SPECIFIC_ATTRIBUTES"))
        return str_is(s, "COUNT")
                   ? wrong_value(
                         w, "Cannot specify the ProjectionExpression when choosing to get only the Count")
                   : wrong_value(w, "Cannot specify the ProjectionExpression when choosing to get %.*s",
                                 STR_ARG(s));
    if (str_is(s, "SPECIFIC_ATTRIBUTES") && !projection)
        return wrong_value(w, "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
                              "SPECIFIC_ATTRIBUTES");
    if (str_is(s, "ALL_PROJECTED_ATTRIBUTES") && !p->in->index_name.p)
        return wrong_value(
            w, "One or more parameter values were invalid: ALL_PROJECTED_ATTRIBUTES can be used only "
               "when Querying using an IndexName");
    if (str_is(s, "COUNT"))
        p->select = SELECT_COUNT;
    else if (str_is(s, "ALL_ATTRIBUTES"))
        p->select = SELECT_ALL;
    return true;
}

static bool read_expressions(struct page *p, struct wrong *w)
{
    const struct page_in *in = p->in;
    struct expr_set set;
    if (!expr_set_init(&set, in->names, in->values, w))
        return false;
    if (in->filter.p && !(p->filter = expr_condition(&set, "FilterExpression", in->filter)))
        return false;
    if (in->projection.p && !(p->projection = expr_projection(&set, in->projection)))
        return false;
    if (in->key_condition.p &&
        !(p->key_condition = expr_condition(&set, "KeyConditionExpression", in->key_condition)))
        return false;
    return expr_set_all_used(&set);
}

static bool find_index(struct page *p, struct wrong *w)
{
    p->keys = &p->table->keys;
    if (!p->in->index_name.p)
        return true;
    p->index = table_index(p->table, p->in->index_name);
    if (!p->index)
        return wrong_value(w, "The table does not have the specified index: %.*s",
                           STR_ARG(p->in->index_name));
    if (p->index->filling)
        return wrong_value(w, "Cannot read from backfilling global secondary index: %.*s",
                           STR_ARG(p->index->name));
    p->keys = &p->index->keys;
    if (p->index->global && p->in->consistent == 1)
        return wrong_value(w, "Consistent reads are not supported on global secondary indexes");
    if (p->index->global && p->select == SELECT_ALL && p->index->project != PROJECT_ALL)
        return wrong_value(
            w,
            "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported "
            "for global secondary index %.*s because its projection type is not ALL",
            STR_ARG(p->index->name));
    p->fetch = !p->index->global && p->select == SELECT_ALL && p->index->project != PROJECT_ALL;
    return true;
}

/* Names that an index does not project, in the order of the expression. */
struct missing {
    struct str *names;
    size_t n;
};

static void add_missing(struct arena *a, struct missing *m, struct str name)
{
    if ((m->n & (m->n - 1)) == 0) { /* full at each power of two */
        struct str *names = arena_alloc(a, (m->n ? m->n * 2 : 1) * sizeof *names);
        if (m->n)
            memcpy(names, m->names, m->n * sizeof *names);
        m->names = names;
    }
    m->names[m->n++] = name;
}

static int compare_names(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

/* Each once, and sorted. */
static bool say_missing(const struct missing *m, const char *before, struct str index, const char *between,
                        struct wrong *w)
{
    struct buf b;
    buf_init(&b, 1u << 20);
    qsort(m->names, m->n, sizeof *m->names, compare_names);
    for (size_t i = 0; i < m->n; i++) {
        if (i && str_eq(m->names[i - 1], m->names[i]))
            continue;
        buf_z(&b, i ? ", " : "");
        buf_str(&b, m->names[i]);
    }
    wrong_value(w, "One or more parameter values were invalid: %s %.*s %s[%s]", before, STR_ARG(index),
                between, buf_zstr(&b));
    buf_release(&b);
    return false;
}

/* What a local index does not project is read from the table; a global one has nothing more to give. */
static bool check_projection(struct page *p, struct wrong *w)
{
    struct missing missing = {NULL, 0};
    for (size_t i = 0; p->projection && i < p->projection->n; i++) {
        const struct path *path = &p->projection->paths[i];
        if (!path_check_keys(p->table, path, w))
            return false;
        if (p->index && !index_projects(p->index, path->steps[0].name))
            add_missing(w->arena, &missing, path->steps[0].name);
    }
    if (missing.n && p->index->global)
        return say_missing(&missing, "Global secondary index", p->index->name, "does not project ", w);
    p->fetch |= missing.n > 0;
    return true;
}

struct filter_check {
    const struct page *page;
    struct wrong *wrong;
    struct missing missing;
};

static void check_filter_path(void *arg, const struct path *path)
{
    struct filter_check *k = arg;
    struct str name = path->steps[0].name;
    if (!path_check_keys(k->page->table, path, k->wrong))
        return;
    if (k->page->key_condition && key_schema_has(k->page->keys, name))
        wrong_value(
            k->wrong,
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: %.*s",
            STR_ARG(name));
    else if (k->page->index && !index_projects(k->page->index, name))
        add_missing(k->wrong->arena, &k->missing, name);
}

/* A query's filter may use only what the index projects.  A scan's sees the whole item in a local index, and
 * in a global one what is there. */
static bool check_filter(struct page *p, struct wrong *w)
{
    struct filter_check k = {p, w, {NULL, 0}};
    if (!p->filter)
        return true;
    expr_each_path(p->filter, check_filter_path, &k);
    if (w->fault)
        return false;
    if (k.missing.n && p->key_condition)
        return say_missing(&k.missing, "Secondary index", p->index->name,
                           "does not project one or more filter attributes: ", w);
    p->fetch |= k.missing.n > 0 && !p->index->global;
    return true;
}

/* A start key has the keys of the index and of the table, and nothing else. */
static bool check_start(struct page *p, struct wrong *w)
{
    struct arena *a = w->arena;
    uint32_t want = (uint32_t)p->table->keys.n;
    if (!p->start)
        return true;
    for (int i = 0; p->index && i < p->index->keys.n; i++)
        want += !key_schema_has(&p->table->keys, p->index->keys.part[i].name);
    struct wrong inner = wrong_none(a);
    bool whole = p->start->count == want;
    for (int i = 0; i < p->table->keys.n; i++)
        whole &= attr_get(p->start, p->table->keys.part[i].name) != NULL;
    for (int i = 0; i < p->keys->n; i++)
        whole &= attr_get(p->start, p->keys->part[i].name) != NULL;
    if (!whole)
        return p->index || p->key_condition
                   ? wrong_value(w, "The provided starting key is invalid")
                   : wrong_value(
                         w,
                         "The provided starting key is invalid: The provided key element does not match the "
                         "schema");
    if (!key_check(&p->table->keys, key_of_item(a, &p->table->keys, p->start), &inner) ||
        (p->index && !key_check(p->keys, key_of_item(a, p->keys, p->start), &inner)))
        return wrong_value(w, "The provided starting key is invalid: %.*s", STR_ARG(inner.text));
    return true;
}

bool page_read(struct page *p, struct call *c, const struct page_in *in, enum op_end *end)
{
    struct wrong w = wrong_none(&c->arena), inner = w;
    bool query = c->op->name[0] == 'Q';
    *p = (struct page){.call = c, .in = in};
    if (in->start_key && !(p->start = attr_map_from_tree(in->start_key, &inner)))
        wrong_say(&w, inner.fault, "%s%.*s",
                  inner.fault == &fault_validation ? "The provided starting key is invalid: " : "",
                  STR_ARG(inner.text));
    else if (check_params(in, query, &w) && read_expressions(p, &w) && read_select(p, &w)) {
        if (catalog_missing(c, in->table_name, false, &p->table, end))
            return false;
        if (find_index(p, &w) && check_start(p, &w) && check_projection(p, &w))
            check_filter(p, &w);
    }
    if (w.fault)
        *end = wrong_end(c, &w);
    return !w.fault;
}
