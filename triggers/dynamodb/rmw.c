#include "rmw.h"

#include "door/trace.h"
#include "index.h"
#include "store.h"
#include "stream.h"
#include "tally.h"

/* --- deciding */

static enum rc read_old(struct call *c, struct rmw *r)
{
    struct key k;
    struct str value;
    item_key(&k, r->table, r->key);
    enum rc rc = store_get(c->txn, key_view(&k), &value);
    key_release(&k);
    if (rc == RC_NONE)
        return RC_OK;
    if (rc != RC_OK)
        return rc;
    struct stored s = stored_read(value);
    r->old_size = s.size;
    r->old_text = arena_str(&c->arena, s.text);
    return RC_OK;
}

const struct attr *rmw_old(struct call *c, struct rmw *r)
{
    if (!r->old && r->old_text.p)
        r->old = attr_map_from_text(&c->arena, r->old_text);
    return r->old;
}

/* Conditions, updates and indexes look inside. */
static enum rc parse_old(struct call *c, struct rmw *r)
{
    bool looks_inside = r->condition || r->kind == RMW_UPDATE || r->table->index_count;
    return looks_inside && r->old_text.p && !rmw_old(c, r) ? RC_BAD : RC_OK;
}

/* Absent when it is too long. */
static struct str item_text(struct call *c, const struct attr *item)
{
    struct buf b;
    buf_init(&b, ITEM_TEXT_MAX);
    attr_map_write(item, &b);
    struct str s = b.full ? STR_NONE : arena_str(&c->arena, buf_view(&b));
    buf_release(&b);
    return s;
}

/* An update of what is not there begins with the key alone. */
static bool update_item(struct call *c, struct rmw *r, struct wrong *w)
{
    const struct attr *base = r->old ? r->old : key_of_item(&c->arena, &r->table->keys, r->key);
    const struct attr *item = r->new = r->update ? expr_update_apply(r->update, base, w) : base;
    return item && attr_check_depth(item, w) && item_check_update(r->table, r->old, item, w);
}

/* From an item that is not there nothing can be taken away. */
static bool makes_none(const struct rmw *r)
{
    return r->kind == RMW_DELETE ||
           (r->kind == RMW_UPDATE && !r->old_text.p && r->update && expr_update_takes(r->update));
}

static bool make_new(struct call *c, struct rmw *r, struct wrong *w)
{
    if (makes_none(r))
        return true;
    if (r->kind == RMW_PUT)
        r->new = r->key;
    else if (!update_item(c, r, w))
        return false;
    r->new_size = attr_item_size(r->new);
    r->new_text = item_text(c, r->new);
    if (r->new_size > ITEM_SIZE_MAX || !r->new_text.p)
        return wrong_value(w, r->kind == RMW_PUT
                                  ? "Item size has exceeded the maximum allowed size"
                                  : "Item size to update has exceeded the maximum allowed size");
    return true;
}

bool rmw_decide(struct call *c, struct rmw *r, struct wrong *w, enum rc *rc)
{
    *rc = read_old(c, r);
    if (*rc == RC_OK)
        *rc = parse_old(c, r);
    if (*rc != RC_OK)
        return false;
    r->held = !r->condition || expr_holds(&c->arena, r->condition, r->old ? r->old : &attr_empty_map);
    if (!r->held)
        return true;
    if (!make_new(c, r, w))
        return false;
    r->changed =
        r->old_text.p && r->new_text.p ? !str_eq(r->old_text, r->new_text) : r->old_text.p != r->new_text.p;
    return true;
}

/* --- applying */

static enum rc write_item(struct call *c, struct rmw *r)
{
    struct key k;
    enum rc rc;
    item_key(&k, r->table, r->key);
    if (r->new_text.p) {
        struct buf b;
        buf_init(&b, r->new_text.n + 4);
        stored_write(&b, r->new_size, r->new_text);
        rc = (r->old_text.p ? store_put : store_add)(c->txn, key_view(&k), buf_view(&b));
        buf_release(&b);
    } else {
        rc = store_del(c->txn, key_view(&k));
    }
    tally_note(&r->table->tally, key_view(&k), (r->new_text.p != NULL) - (r->old_text.p != NULL),
               (int64_t)r->new_size - (int64_t)r->old_size);
    key_release(&k);
    return rc;
}

static enum rc write_entries(struct call *c, struct rmw *r)
{
    struct version old = {rmw_old(c, r), r->old_text, r->old_size};
    struct version new = {r->new, r->new_text, r->new_size};
    return index_update(c, r->table, &old, &new, &r->units);
}

static enum rc write_record(struct call *c, struct rmw *r)
{
    const struct attr *key = key_of_item(&c->arena, &r->table->keys, r->key);
    struct change change = {
        .keys = item_text(c, key),
        .keys_size = attr_item_size(key),
        .old_text = r->old_text,
        .old_size = r->old_size,
        .new_text = r->new_text,
        .new_size = r->new_size,
    };
    return stream_write(c, r->table->stream, &change);
}

/* By its name a person may ask what happened to an item. */
static void trace_item(struct call *c, const struct rmw *r)
{
    struct buf b;
    buf_init(&b, ITEM_NAME_MAX);
    item_name(&b, r->table->name, &r->table->keys, r->key);
    if (!b.full)
        trace_also(c, buf_view(&b));
    buf_release(&b);
}

enum rc rmw_apply(struct call *c, struct rmw *r)
{
    enum rc rc = RC_OK;
    r->units.table = units_write(r->old_size > r->new_size ? r->old_size : r->new_size);
    if (!r->changed)
        return RC_OK;
    if (r->table->index_count)
        rc = write_entries(c, r);
    if (rc == RC_OK)
        rc = write_item(c, r);
    if (rc == RC_OK && r->table->stream)
        rc = write_record(c, r);
    if (rc != RC_OK) {
        tally_forget(r->table); /* whatever was counted on the way is undone */
        return rc;
    }
    trace_item(c, r);
    return RC_OK;
}
