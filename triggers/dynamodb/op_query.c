/* Query: the items of one partition of a table or index, in the order of the range key.  Limits: 1 MB a page,
 * counted before the filter. */
#include "catalog.h"
#include "key_condition.h"
#include "ops.h"
#include "page.h"
#include "write.h"

static const struct shape_row in[] = {
    PAGE_TABLE_NAME,
    PAGE_COMMON,
    IN_TREE(page_in, key_conditions, "KeyConditions"),
    IN_TREE(page_in, query_filter, "QueryFilter"),
    IN_BOOL(page_in, forward, "ScanIndexForward"),
    IN_STR(page_in, key_condition, "KeyConditionExpression"),
    SHAPE_END,
};

/* An edge of the range: the partition's prefix with a range key added. */
static void add_range(struct key *edge, const struct key *partition, const struct attr *range, bool prefix,
                      bool behind)
{
    struct key k;
    key_init(&k, "");
    key_cut(&k, 0);
    key_raw(&k, key_view(partition));
    range_key(&k, range, prefix);
    if (behind) {
        key_after(edge, key_view(&k));
        key_release(&k);
    } else {
        *edge = k;
    }
}

static void set_range(struct page *p, const struct key_condition *cond)
{
    struct key partition;
    bool prefix = cond->range == RANGE_BEGINS;
    bool low = cond->range != RANGE_ALL && cond->range != RANGE_LT && cond->range != RANGE_LE;
    bool high = cond->range != RANGE_ALL && cond->range != RANGE_GT && cond->range != RANGE_GE;
    const struct attr *upper = cond->high ? cond->high : cond->low;
    partition_key(&partition, p->table, p->index, cond->hash);
    if (low)
        add_range(&p->from, &partition, cond->low, prefix, cond->range == RANGE_GT);
    else
        p->from = partition;
    if (high)
        add_range(&p->to, &partition, upper, prefix, cond->range != RANGE_LT);
    else
        key_after(&p->to, key_view(&partition));
    if (low)
        key_release(&partition);
}

/* Where a range that ends with a bound of its own ends, in the direction of the walk.  In an index several
 * items may have that range key. */
static const struct attr *edge_of(const struct page *p, const struct key_condition *cond)
{
    if (p->index)
        return NULL;
    if (cond->range == RANGE_BETWEEN)
        return p->reverse ? cond->low : cond->high;
    return cond->range == (p->reverse ? RANGE_GE : RANGE_LE) ? cond->low : NULL;
}

static bool check_start(const struct page *p, const struct key_condition *cond, struct wrong *w)
{
    if (!p->start)
        return true;
    const struct attr *hash = attr_get(p->start, p->keys->part[0].name);
    const struct attr *range = p->keys->n > 1 ? attr_get(p->start, p->keys->part[1].name) : NULL;
    bool same = attr_equal(hash, cond->hash);
    if (cond->range == RANGE_ALL)
        return same ||
               wrong_value(w, "The provided starting key is outside query boundaries based on provided "
                              "conditions");
    if (!key_condition_allows(cond, range) || (p->edge && attr_equal(range, p->edge)))
        return wrong_value(w, "The provided starting key does not match the range key predicate");
    return same || wrong_value(w, "The query can return at most one row and cannot be restarted");
}

static enum op_end run(struct call *c, const void *input)
{
    struct wrong w = wrong_none(&c->arena);
    struct key_condition cond;
    struct page p;
    enum op_end end;
    if (!page_read(&p, c, input, &end))
        return end;
    if (!key_condition_read(p.key_condition, p.keys, p.index, &cond, &w))
        return wrong_end(c, &w);
    p.reverse = p.in->forward == 0;
    p.edge = edge_of(&p, &cond);
    if (!check_start(&p, &cond, &w))
        return wrong_end(c, &w);
    set_range(&p, &cond);
    page_start(&p);
    return page_answer(&p);
}

const struct op_row ddb_query = {"Query", run, in, sizeof(struct page_in), .flags = 0};
