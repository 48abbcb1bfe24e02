#include "index.h"

#include "backfill.h"
#include "store.h"
#include "tally.h"

/* One entry as it should be: key and text; no entry: size 0 and absent text. */
struct entry {
    struct key key;
    struct str text;
    size_t size;
};

static void entry_make(struct arena *a, const struct table *t, const struct index *x, const struct version *v,
                       struct entry *e)
{
    *e = (struct entry){.size = 0};
    if (!v->item || !index_covers(x, v->item))
        return;
    entry_key(&e->key, t, x, v->item);
    e->text = v->text;
    e->size = v->size;
    if (x->project == PROJECT_ALL)
        return;
    struct buf b;
    const struct attr *part = index_project(a, x, v->item);
    buf_init(&b, ITEM_TEXT_MAX);
    attr_map_write(part, &b);
    e->text = arena_str(a, buf_view(&b));
    e->size = attr_item_size(part);
    buf_release(&b);
}

static void entry_release(struct entry *e)
{
    if (e->text.p)
        key_release(&e->key);
}

/* `fresh`: the entry was not there. */
static enum rc entry_put(struct store *txn, const struct entry *e, bool fresh)
{
    struct buf b;
    buf_init(&b, e->text.n + 4);
    stored_write(&b, e->size, e->text);
    enum rc rc = (fresh ? store_add : store_put)(txn, key_view(&e->key), buf_view(&b));
    buf_release(&b);
    return rc;
}

/* Moving an entry to another key costs a delete and a put. */
static enum rc entry_replace(struct call *c, struct table *t, size_t i, struct entry *from, struct entry *to,
                             struct units *u)
{
    struct index *x = &t->indexes[i];
    bool moved = !from->text.p || !to->text.p || !str_eq(key_view(&from->key), key_view(&to->key));
    if (!moved && str_eq(from->text, to->text))
        return RC_OK;
    enum rc rc = RC_OK;
    double units = 0;
    if (from->text.p && moved) {
        rc = store_del(c->txn, key_view(&from->key));
        units += units_write(from->size);
    }
    if (to->text.p && rc == RC_OK) {
        rc = entry_put(c->txn, to, moved);
        units += units_write(!moved && from->size > to->size ? from->size : to->size);
    }
    units_add_index(&c->arena, u, t, i, units);
    if (from->text.p)
        tally_note(&x->tally, key_view(&from->key), -1, -(int64_t)from->size);
    if (to->text.p)
        tally_note(&x->tally, key_view(&to->key), 1, (int64_t)to->size);
    return rc;
}

enum rc index_update(struct call *c, struct table *t, const struct version *old, const struct version *new,
                     struct units *u)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; i < t->index_count && rc == RC_OK; i++) {
        struct entry from, to;
        if (t->indexes[i].filling && backfill_ahead(t, &t->indexes[i], new->item ? new->item : old->item))
            continue;
        entry_make(&c->arena, t, &t->indexes[i], old, &from);
        entry_make(&c->arena, t, &t->indexes[i], new, &to);
        if (from.text.p || to.text.p)
            rc = entry_replace(c, t, i, &from, &to, u);
        entry_release(&from);
        entry_release(&to);
    }
    return rc;
}

struct fill {
    struct store *txn;
    struct table *table;
    struct index *index;
    struct arena scratch; /* one item's memory at a time */
    int items;            /* that may still be read */
    int64_t bytes;
};

static enum rc fill_row(struct fill *f, struct str key, struct stored s)
{
    arena_clear(&f->scratch);
    struct version v = {.text = arena_str(&f->scratch, s.text), .size = s.size};
    buf_clear(&f->index->filled);
    buf_str(&f->index->filled, key);
    buf_char(&f->index->filled, 0); /* the first key behind it */
    f->items--;
    f->bytes -= (int64_t)s.text.n;
    v.item = attr_map_from_text(&f->scratch, v.text);
    if (!v.item)
        return RC_BAD;
    struct entry e;
    entry_make(&f->scratch, f->table, f->index, &v, &e);
    enum rc rc = e.text.p ? entry_put(f->txn, &e, true) : RC_OK;
    if (e.text.p)
        tally_note(&f->index->tally, key_view(&e.key), 1, (int64_t)e.size);
    entry_release(&e);
    return rc;
}

enum rc index_fill(struct call *c, struct table *t, struct index *x, int items, size_t bytes, bool *all)
{
    struct store_cursor *at;
    struct str key, value;
    struct fill f = {.txn = c->txn, .table = t, .index = x, .items = items, .bytes = (int64_t)bytes};
    enum rc rc = whole_seek(c->txn, t, NULL, buf_view(&x->filled), &at);
    if (rc != RC_OK)
        return rc;
    arena_init(&f.scratch);
    while (f.items > 0 && f.bytes > 0 && (rc = store_next(at, &key, &value)) == RC_OK &&
           (rc = fill_row(&f, key, stored_read(value))) == RC_OK)
        continue;
    store_cursor_close(at);
    arena_release(&f.scratch);
    *all = rc == RC_END;
    return rc == RC_END ? RC_OK : rc;
}
