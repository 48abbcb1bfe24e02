/* The walk over a range of items or entries, and the answer.
 *
 * A turn walks as far as it should (call_works), at least over one item; the next goes on behind it.  What is
 * written meanwhile behind the place where the walk stands is seen, as between two pages; when the table or
 * the index goes, so does the answer. */
#include "page.h"

#include "answer.h"
#include "dynamodb.h"

/* The walk begins behind this key. */
static void move_edge(struct page *p, struct str key)
{
    struct key *edge = p->reverse ? &p->to : &p->from;
    key_release(edge);
    key_init(edge, "");
    key_cut(edge, 0);
    key_raw(edge, key);
    if (!p->reverse)
        key_raw(edge, str_n("", 1)); /* the first key behind it */
}

void page_start(struct page *p)
{
    struct key at;
    if (!p->start)
        return;
    if (p->index)
        entry_key(&at, p->table, p->index, p->start);
    else
        item_key(&at, p->table, p->start);
    move_edge(p, key_view(&at));
    key_release(&at);
}

/* What a page has seen so far; the call's plan from one turn to the next. */
struct walk {
    struct page *page; /* this turn's */
    struct buf *out;
    struct arena scratch; /* one item's memory; this turn's */
    int64_t weight;       /* of the filter */
    struct str next;      /* where a later turn goes on; absent: nowhere */
    int64_t count, scanned;
    size_t bytes, entry_bytes; /* of what the answer is made from; of entries, when items are fetched */
    double fetch_units;        /* each fetched item is a read of its own */
    const struct attr *item;   /* the current item, parsed when somebody looked inside */
    struct str text;
    bool more;
};

static const struct attr *current(struct walk *k)
{
    if (!k->item)
        k->item = attr_map_from_text(&k->scratch, k->text);
    return k->item ? k->item : &attr_empty_map;
}

/* False for a row that was damaged: no item lacks its key. */
static bool has_key(const struct attr *item, const struct key_schema *keys)
{
    for (int i = 0; i < keys->n; i++)
        if (!attr_get(item, keys->part[i].name))
            return false;
    return true;
}

/* The item behind a local index's entry. */
static enum rc fetch_item(struct walk *k, struct stored *s)
{
    struct page *p = k->page;
    struct key key;
    struct str value;
    k->text = arena_str(&k->scratch, s->text);
    if (!has_key(current(k), &p->table->keys))
        return RC_BAD;
    item_key(&key, p->table, current(k));
    enum rc rc = store_get(p->call->txn, key_view(&key), &value);
    key_release(&key);
    if (rc != RC_OK)
        return rc;
    k->entry_bytes += s->size;
    k->item = NULL;
    *s = stored_read(value);
    k->fetch_units += units_read(s->size, p->in->consistent == 1);
    return RC_OK;
}

static void write_item(struct walk *k)
{
    struct page *p = k->page;
    if (p->select == SELECT_COUNT)
        return;
    answer_comma(k->out);
    if (p->projection)
        attr_map_write(expr_project(&k->scratch, &p->projection->places, current(k)), k->out);
    else if (p->fetch && p->select == SELECT_PROJECTED) /* the filter alone wanted the whole item */
        attr_map_write(index_project(&k->scratch, p->index, current(k)), k->out);
    else
        buf_str(k->out, k->text);
}

static enum rc visit(struct walk *k, struct str value)
{
    struct stored s = stored_read(value);
    arena_clear(&k->scratch);
    k->item = NULL;
    if (k->page->fetch) {
        enum rc rc = fetch_item(k, &s);
        if (rc != RC_OK)
            return rc;
    }
    k->text = s.text;
    k->scanned++;
    k->bytes += s.size;
    if (k->page->filter && !expr_holds(&k->scratch, k->page->filter, current(k)))
        return RC_OK;
    k->count++;
    write_item(k);
    return RC_OK;
}

/* The last item's text outlives the cursor that lent it: its key ends the page. */
static void keep_last(struct walk *k)
{
    k->text = arena_str(&k->scratch, k->text);
    k->item = NULL;
}

/* The last item that the key condition can meet: nothing follows it. */
static bool at_edge(struct walk *k)
{
    const struct page *p = k->page;
    const struct attr *range = p->edge ? attr_get(current(k), p->keys->part[1].name) : NULL;
    return range && attr_equal(range, p->edge);
}

/* A full page ends with the key of its last item, whether or not another follows, as the service does. */
static bool is_full(const struct walk *k)
{
    return (k->page->in->limit != SHAPE_NO_INT && k->scanned >= k->page->in->limit) ||
           k->bytes >= PAGE_BYTES_MAX || k->out->n >= PAGE_TEXT_MAX;
}

/* Counts what the item cost: each operand of the filter may look at all of it.  False: the turn did enough.
 */
static bool turn_goes_on(const struct walk *k, size_t bytes)
{
    return call_works(k->page->call, 10 + (int64_t)bytes * (4 + k->weight) / 32);
}

static enum rc walk_range(struct walk *k)
{
    struct page *p = k->page;
    struct store_cursor *at;
    struct str from = key_view(&p->from), to = key_view(&p->to), key, value;
    if (str_cmp(from, to) >= 0)
        return RC_OK;
    enum rc rc = store_seek(p->call->txn, &at, from, to, p->reverse);
    if (rc != RC_OK)
        return rc;
    bool goes_on = true;
    while (goes_on && !k->more && (rc = store_next(at, &key, &value)) == RC_OK) {
        size_t before = k->bytes;
        if ((rc = visit(k, value)) != RC_OK)
            break;
        k->more = is_full(k) && !at_edge(k);
        goes_on = turn_goes_on(k, k->bytes - before);
    }
    if (k->more)
        keep_last(k);
    else if (!goes_on)
        k->next = arena_str(&p->call->arena, key);
    store_cursor_close(at);
    return rc == RC_END ? RC_OK : rc;
}

static void add_key(struct attr_member *m, size_t *n, const struct key_schema *keys, const struct attr *item)
{
    for (int i = 0; i < keys->n; i++) {
        bool there = false;
        for (size_t j = 0; j < *n; j++)
            there |= str_eq(m[j].name, keys->part[i].name);
        if (!there)
            m[(*n)++] = (struct attr_member){keys->part[i].name, attr_get(item, keys->part[i].name)};
    }
}

static enum rc write_last_key(struct walk *k)
{
    struct attr_member m[4];
    size_t n = 0;
    if (!has_key(current(k), &k->page->table->keys) || !has_key(current(k), k->page->keys))
        return RC_BAD;
    add_key(m, &n, &k->page->table->keys, current(k));
    add_key(m, &n, k->page->keys, current(k));
    answer_attr_member(k->out, "LastEvaluatedKey", attr_map_make(&k->scratch, m, n));
    return RC_OK;
}

static void write_units(struct walk *k)
{
    struct page *p = k->page;
    bool consistent = p->in->consistent == 1;
    struct units u = {0};
    if (!p->index) {
        u.table = units_read(k->bytes, consistent);
    } else {
        size_t i = (size_t)(p->index - p->table->indexes);
        size_t bytes = p->fetch ? k->entry_bytes : k->bytes;
        units_add_index(&p->call->arena, &u, p->table, i, units_read(bytes, consistent));
        u.table = k->fetch_units;
    }
    answer_member(k->out, "ConsumedCapacity");
    units_write_answer(k->out, report_of(p->in->capacity), p->in->table_name, p->table, &u);
}

static struct walk *begin(struct page *p)
{
    struct walk *k = arena_zalloc(&p->call->arena, sizeof *k);
    k->out = answer_begin(p->call);
    k->weight = p->filter ? expr_weight(p->filter) : 0;
    if (p->select != SELECT_COUNT) {
        answer_member(k->out, "Items");
        buf_char(k->out, '[');
    }
    return k;
}

static enum rc finish(struct walk *k)
{
    struct page *p = k->page;
    enum rc rc = RC_OK;
    if (p->select != SELECT_COUNT)
        buf_char(k->out, ']');
    answer_int_member(k->out, "Count", k->count);
    answer_int_member(k->out, "ScannedCount", k->scanned);
    if (k->more)
        rc = write_last_key(k);
    if (report_of(p->in->capacity) != REPORT_NONE)
        write_units(k);
    return rc;
}

/* Keys begin with a number that no other table or index has: a place outside of the range is of one that was
 * deleted meanwhile, and this one only has its name. */
static bool still_there(const struct page *p, struct str place)
{
    return str_cmp(key_view(&p->from), place) <= 0 && str_cmp(place, key_view(&p->to)) < 0;
}

static enum op_end go_on(struct walk *k)
{
    struct page *p = k->page;
    if (k->next.p && !still_there(p, k->next))
        return call_fail(p->call, &ddb_not_found, NULL);
    if (k->next.p)
        move_edge(p, k->next);
    k->next = STR_NONE;
    enum rc rc = walk_range(k);
    if (rc == RC_OK && k->next.p)
        return OP_MORE;
    if (rc == RC_OK)
        rc = finish(k);
    return rc == RC_OK ? answer_end(p->call) : call_broke(p->call, rc);
}

enum op_end page_answer(struct page *p)
{
    struct call *c = p->call;
    struct walk *k = c->plan ? c->plan : begin(p);
    c->plan = k;
    k->page = p, k->item = NULL;
    arena_init(&k->scratch);
    enum op_end end = go_on(k);
    arena_release(&k->scratch);
    key_release(&p->from);
    key_release(&p->to);
    return end;
}
