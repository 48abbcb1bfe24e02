#include "backfill.h"

#include "base/json.h"
#include "catalog.h"
#include "door/door.h"
#include "dynamodb.h"
#include "index.h"
#include "ops.h"
#include "store.h"

enum { RETRY_MS = 1000 }; /* after a portion that failed */

/* --- the row: "table's ARN" " " "the key of the first item that is ahead" */

static void row_key(struct key *k, const struct index *x)
{
    key_init(k, "ddb.backfill");
    if (x)
        key_u64(k, x->id);
}

static enum rc save(struct call *c, const struct table *t, const struct index *x)
{
    struct key k;
    struct buf b;
    row_key(&k, x);
    buf_init(&b, 1u << 20);
    buf_str(&b, t->arn);
    buf_char(&b, ' ');
    buf_str(&b, buf_view(&x->filled));
    enum rc rc = b.full ? RC_FULL : store_put(c->txn, key_view(&k), buf_view(&b));
    buf_release(&b);
    key_release(&k);
    return rc;
}

enum rc backfill_forget(struct call *c, const struct index *x)
{
    struct key k;
    if (!x->filling)
        return RC_OK;
    row_key(&k, x);
    enum rc rc = store_del(c->txn, key_view(&k));
    key_release(&k);
    return rc;
}

static enum rc attach(struct call *c, struct index *x)
{
    struct key k;
    struct str value;
    row_key(&k, x);
    enum rc rc = store_get(c->txn, key_view(&k), &value);
    key_release(&k);
    if (rc != RC_OK)
        return rc == RC_NONE ? RC_OK : rc;
    str_cut(&value, ' ');
    buf_clear(&x->filled);
    buf_str(&x->filled, value);
    return RC_OK;
}

enum rc backfill_attach(struct call *c, struct table *t)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; i < t->index_count && rc == RC_OK; i++)
        if (t->indexes[i].filling)
            rc = attach(c, &t->indexes[i]);
    return rc;
}

/* The first row: the backfill that began first. */
static enum rc first_row(struct store *s, struct arena *a, struct str *key, struct str *arn)
{
    struct key from, to;
    struct store_cursor *at;
    struct str found, value;
    row_key(&from, NULL);
    key_after(&to, key_view(&from));
    enum rc rc = store_seek(s, &at, key_view(&from), key_view(&to), false);
    key_release(&from);
    key_release(&to);
    if (rc != RC_OK)
        return rc;
    rc = store_next(at, &found, &value);
    if (rc == RC_OK && a) {
        *key = arena_str(a, found);
        *arn = arena_str(a, str_cut(&value, ' '));
    }
    store_cursor_close(at);
    return rc == RC_END ? RC_NONE : rc;
}

/* --- a portion */

bool backfill_ahead(const struct table *t, const struct index *x, const struct attr *item)
{
    struct key k;
    item_key(&k, t, item);
    bool ahead = str_cmp(key_view(&k), buf_view(&x->filled)) >= 0;
    key_release(&k);
    return ahead;
}

/* The definition without the mark, and the model that is made of it. */
static enum rc finish(struct call *c, struct table **t, const struct index *x)
{
    enum rc rc = backfill_forget(c, x);
    if (rc != RC_OK)
        return rc;
    cJSON *def = json_copy((*t)->def), *at;
    cJSON_ArrayForEach (at, cJSON_GetObjectItemCaseSensitive(def, "GlobalSecondaryIndexes"))
        if (str_eq(x->name, json_member_text(at, "IndexName")))
            cJSON_DeleteItemFromObjectCaseSensitive(at, "Backfilling");
    call_note(c, (*t)->arn);
    return catalog_save(c, def, t);
}

static enum rc portion(struct call *c, struct table **t, struct index *x, bool *all)
{
    enum rc rc = index_fill(c, *t, x, BACKFILL_ROWS, BACKFILL_BYTES, all);
    if (rc != RC_OK)
        return rc;
    return *all ? finish(c, t, x) : save(c, *t, x);
}

/* --- one portion after the other */

/* By the timer and not at the end of the call: what has arrived meanwhile has its turn between two portions.
 */
static void go_on(struct catalog *k)
{
    k->filling = true;
    k->backfill.idle = false;
    timer_set(k->world->timers, &k->backfill, clock_now(&k->world->clock));
}

/* After a failure not at once, and nobody waits for it. */
static void go_on_later(struct catalog *k)
{
    k->backfill.idle = true;
    timer_set(k->world->timers, &k->backfill, clock_now(&k->world->clock) + RETRY_MS);
}

static void rest(struct catalog *k)
{
    k->filling = false;
    timer_stop(k->world->timers, &k->backfill);
}

enum rc backfill_begin(struct call *c, struct table **t, struct str index)
{
    bool all = false;
    enum rc rc = portion(c, t, table_index(*t, index), &all);
    if (rc == RC_OK && !all)
        go_on(catalog_of(c));
    return rc;
}

static void fire(struct timer *timer)
{
    struct catalog *k = list_of(timer, struct catalog, backfill);
    door_send(door_open(k->world, NULL, "dynamodb", "Backfill"));
}

void backfill_start(struct world *w, void *state)
{
    struct catalog *k = state;
    k->backfill.fire = fire;
    if (first_row(w->store, NULL, NULL, NULL) != RC_NONE)
        go_on(k);
}

void backfill_dropped(struct catalog *k)
{
    if (k->filling)
        go_on_later(k);
}

static struct index *index_of(const struct table *t, struct str key)
{
    struct key_reader r;
    uint64_t id = 0;
    if (key_read(&r, key, "ddb.backfill"))
        key_read_u64(&r, &id);
    for (size_t i = 0; i < t->index_count; i++)
        if (t->indexes[i].id == id && t->indexes[i].filling)
            return &t->indexes[i];
    return NULL;
}

/* Backfill, internal: the next portion of the index that waits longest. */
static enum op_end run(struct call *c, const void *input)
{
    struct catalog *k = catalog_of(c);
    struct table *t = NULL;
    struct str key, arn;
    bool all;
    (void)input;
    go_on_later(k); /* should this one fail */
    enum rc rc = first_row(c->txn, &c->arena, &key, &arn);
    if (rc == RC_NONE) {
        rest(k);
        return OP_DONE;
    }
    if (rc == RC_OK)
        rc = catalog_table(c, arn, &t);
    struct index *x = rc == RC_OK ? index_of(t, key) : NULL;
    if (x) {
        rc = portion(c, &t, x, &all);
    } else if (rc == RC_OK || rc == RC_NONE) {
        log_error(c->world->log, "the state is damaged: a backfill of %.*s has no index and is dropped",
                  STR_ARG(arn));
        rc = store_del(c->txn, key);
    }
    if (rc != RC_OK)
        return catalog_broke(c, rc);
    go_on(k);
    return OP_DONE;
}

const struct op_row ddb_backfill = {"Backfill", run, .flags = OP_INTERNAL | OP_QUIET};
