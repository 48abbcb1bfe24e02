/* The order of things: a transaction opens with the first touch, a savepoint with the first write of a marked
 * call.  What bytes do where is the engine's affair. */
#include "store/store.h"

#include "engine.h"
#include "key.h"
#include <stdlib.h>

struct store {
    const struct store_engine *engine;
    struct engine *e;
    bool open;   /* a transaction is open */
    bool dirty;  /* and something was written in it */
    bool marked; /* a call is running between mark and keep or undo */
    bool saved;  /* and it wrote, so the engine holds a savepoint */
    bool dirty_before_mark;
    int cursors;
};

struct store_cursor {
    struct store *store;
    struct engine_cursor *c;
};

enum rc store_open(struct store **out, const char *folder, unsigned flags, const struct log *log)
{
    struct engine *e;
    enum rc rc = engine_sqlite.open(&e, folder, flags, log);
    if (rc)
        return rc;
    struct store *s = *out = xcalloc(1, sizeof *s);
    s->engine = &engine_sqlite;
    s->e = e;
    return RC_OK;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    store_rollback(s);
    s->engine->close(s->e);
    free(s);
}

bool store_dirty(const struct store *s)
{
    return s->dirty;
}

static void transaction_over(struct store *s)
{
    s->open = s->dirty = s->marked = s->saved = false;
}

static void no_cursors(const struct store *s)
{
    if (s->cursors)
        BUG("%d cursors are open at the end of a transaction", s->cursors);
}

enum rc store_commit(struct store *s)
{
    no_cursors(s);
    enum rc rc = s->open ? s->engine->commit(s->e) : RC_OK;
    transaction_over(s);
    return rc;
}

void store_rollback(struct store *s)
{
    no_cursors(s);
    if (s->open)
        s->engine->rollback(s->e);
    transaction_over(s);
}

void store_mark(struct store *s)
{
    if (s->marked)
        BUG("marks do not nest");
    s->marked = true;
    s->dirty_before_mark = s->dirty;
}

enum rc store_undo(struct store *s)
{
    bool saved = s->saved;
    s->marked = s->saved = false;
    if (!saved)
        return RC_OK;
    s->dirty = s->dirty_before_mark;
    return s->engine->undo(s->e);
}

enum rc store_keep(struct store *s)
{
    bool saved = s->saved;
    s->marked = s->saved = false;
    return saved ? s->engine->keep(s->e) : RC_OK;
}

/* Before any touch. */
static enum rc touch(struct store *s)
{
    if (s->open)
        return RC_OK;
    enum rc rc = s->engine->begin(s->e);
    s->open = rc == RC_OK;
    return rc;
}

/* Before any write. */
static enum rc touch_to_write(struct store *s)
{
    enum rc rc = touch(s);
    if (rc == RC_OK && s->marked && !s->saved) {
        rc = s->engine->mark(s->e);
        s->saved = rc == RC_OK;
    }
    s->dirty |= rc == RC_OK;
    return rc;
}

enum rc store_get(struct store *s, struct str key, struct str *value)
{
    enum rc rc = touch(s);
    return rc ? rc : s->engine->get(s->e, key, value);
}

enum rc store_put(struct store *s, struct str key, struct str value)
{
    enum rc rc = touch_to_write(s);
    return rc ? rc : s->engine->put(s->e, key, value);
}

enum rc store_del(struct store *s, struct str key)
{
    enum rc rc = touch_to_write(s);
    return rc ? rc : s->engine->del(s->e, key);
}

enum rc store_wipe(struct store *s, struct str prefix)
{
    enum rc rc = touch_to_write(s);
    if (rc)
        return rc;
    struct key end;
    key_after(&end, prefix);
    struct str to = key_view(&end);
    rc = s->engine->wipe(s->e, prefix, to.n ? to : STR_NONE);
    key_release(&end);
    return rc;
}

enum rc store_seek(struct store *s, struct store_cursor **out, struct str from, struct str to, bool reverse)
{
    struct engine_cursor *c;
    enum rc rc = touch(s);
    if (rc == RC_OK)
        rc = s->engine->seek(s->e, &c, from, to, reverse);
    if (rc)
        return rc;
    s->cursors++;
    *out = xmalloc(sizeof **out);
    **out = (struct store_cursor){s, c};
    return RC_OK;
}

enum rc store_next(struct store_cursor *c, struct str *key, struct str *value)
{
    return c->store->engine->next(c->c, key, value);
}

void store_cursor_close(struct store_cursor *c)
{
    if (!c)
        return;
    c->store->engine->cursor_close(c->c);
    c->store->cursors--;
    free(c);
}

int64_t store_size(struct store *s)
{
    return s->engine->size(s->e);
}

void store_tidy(struct store *s)
{
    if (!s->open)
        s->engine->tidy(s->e);
}
