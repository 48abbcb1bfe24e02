/* The order of things: a transaction opens with the first touch; a marked call remembers what each of its
 * writes replaces, and a savepoint opens with its first wipe.  What bytes do where is the engine's affair. */
#include "store/store.h"

#include "base/arena.h"
#include "base/buf.h"
#include "engine.h"
#include "key.h"
#include <stdlib.h>

/* What was there before a write of the marked call, newest first. */
struct before {
    struct before *older;
    bool was; /* the key was there, with this value */
    struct str key, value;
};

#define FOUND_KEY_MAX 4096 /* of longer keys nothing is kept */

/* What the last get found, as long as nothing was written since: whoever writes a key has mostly just read
 * it. */
struct found {
    bool known;
    bool was; /* the key is there */
    struct buf key;
    struct str value; /* lent by the engine until the next get */
    int64_t place;
};

struct store {
    const struct store_engine *engine;
    struct engine *e;
    bool open;              /* a transaction is open */
    bool dirty;             /* and something was written in it */
    bool marked;            /* a call is running between mark and keep or undo */
    bool saved;             /* and it wiped, so the engine holds a savepoint */
    struct before *befores; /* what it wrote before that, in the arena */
    struct found found;
    struct arena arena;
    bool dirty_before_mark;
    bool broken; /* the engine failed: this transaction can only be rolled back */
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
    arena_init(&s->arena);
    buf_init(&s->found.key, FOUND_KEY_MAX);
    return RC_OK;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    store_rollback(s);
    s->engine->close(s->e);
    arena_release(&s->arena);
    buf_release(&s->found.key);
    free(s);
}

bool store_dirty(const struct store *s)
{
    return s->dirty;
}

static void transaction_over(struct store *s)
{
    if (s->cursors)
        BUG("%d cursors are open at the end of a transaction", s->cursors);
    s->open = s->dirty = s->marked = s->saved = s->broken = s->found.known = false;
    s->befores = NULL;
    arena_clear(&s->arena);
}

enum rc store_commit(struct store *s)
{
    if (s->broken || !s->dirty) {
        enum rc rc = s->broken ? RC_IO : RC_OK;
        store_rollback(s);
        return rc;
    }
    transaction_over(s);
    return s->engine->commit(s->e);
}

void store_rollback(struct store *s)
{
    bool open = s->open, wrote = s->dirty || s->saved || s->broken;
    transaction_over(s);
    if (open && wrote)
        s->engine->rollback(s->e);
    else if (open)
        s->engine->rest(s->e);
}

void store_mark(struct store *s)
{
    if (s->marked)
        BUG("marks do not nest");
    s->marked = true;
    s->dirty_before_mark = s->dirty;
}

/* What the engine answers.  Trouble breaks the transaction, because the engine may have rolled it back
 * already and what follows would not be undone with it. */
static enum rc heard(struct store *s, enum rc rc)
{
    if (rc == RC_OK || rc == RC_NONE || rc == RC_END)
        return rc;
    s->broken = true;
    return rc;
}

/* The same after a write, of which the last get knows nothing. */
static enum rc wrote(struct store *s, enum rc rc)
{
    s->found.known = false;
    return heard(s, rc);
}

/* The call is over: what it replaced need not be known any more. */
static void unmark(struct store *s)
{
    s->marked = s->saved = false;
    s->befores = NULL;
    arena_clear(&s->arena);
}

static enum rc put_back(struct store *s, const struct before *b)
{
    return wrote(s, b->was ? s->engine->put(s->e, b->key, b->value, PLACE_UNKNOWN)
                           : s->engine->del(s->e, b->key, PLACE_UNKNOWN));
}

enum rc store_undo(struct store *s)
{
    enum rc rc = s->broken ? RC_IO : RC_OK;
    if (s->saved || s->befores)
        s->dirty = s->dirty_before_mark;
    if (rc == RC_OK && s->saved)
        rc = wrote(s, s->engine->undo(s->e));
    for (const struct before *b = s->befores; rc == RC_OK && b; b = b->older)
        rc = put_back(s, b);
    unmark(s);
    return rc;
}

enum rc store_keep(struct store *s)
{
    enum rc rc = s->broken ? RC_IO : RC_OK;
    if (rc == RC_OK && s->saved)
        rc = heard(s, s->engine->keep(s->e));
    unmark(s);
    return rc;
}

/* Before any touch. */
static enum rc touch(struct store *s)
{
    if (s->broken)
        return RC_IO;
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
    s->dirty |= rc == RC_OK;
    return rc;
}

/* What may be kept at all. */
static bool fits(struct str key, struct str value)
{
    return key.n <= STORE_KEY_MAX && value.n <= STORE_VALUE_MAX;
}

static void replaces(struct store *s, struct str key, bool was, struct str value)
{
    struct before *b = arena_alloc(&s->arena, sizeof *b);
    *b = (struct before){s->befores, was, arena_str(&s->arena, key), value};
    s->befores = b;
}

static bool just_found(const struct store *s, struct str key)
{
    return s->found.known && str_eq(buf_view(&s->found.key), key);
}

/* Before a write to one key.  Reading what it replaces is much cheaper than a savepoint, which copies every
 * page that the call changes. */
static enum rc remember(struct store *s, struct str key, int64_t *place)
{
    *place = PLACE_UNKNOWN;
    if (!s->marked || s->saved)
        return RC_OK;
    if (just_found(s, key)) {
        *place = s->found.place;
        replaces(s, key, s->found.was, s->found.was ? arena_str(&s->arena, s->found.value) : STR_NONE);
        return RC_OK;
    }
    struct str value = STR_NONE;
    enum rc rc = heard(s, s->engine->get(s->e, key, &s->arena, &value, place));
    if (rc == RC_OK || rc == RC_NONE)
        replaces(s, key, rc == RC_OK, value);
    return rc == RC_NONE ? RC_OK : rc;
}

/* Before a write to who knows how many keys. */
static enum rc save(struct store *s)
{
    if (!s->marked || s->saved)
        return RC_OK;
    enum rc rc = heard(s, s->engine->mark(s->e));
    s->saved = rc == RC_OK;
    return rc;
}

static enum rc find(struct store *s, struct str key, struct str *value)
{
    struct found *f = &s->found;
    enum rc rc = heard(s, s->engine->get(s->e, key, NULL, value, &f->place));
    f->known = value && (rc == RC_OK || rc == RC_NONE);
    if (!f->known)
        return rc;
    f->was = rc == RC_OK;
    f->value = *value;
    buf_clear(&f->key);
    buf_str(&f->key, key);
    f->known = !f->key.full;
    return rc;
}

enum rc store_get(struct store *s, struct str key, struct str *value)
{
    enum rc rc = touch(s);
    return rc ? rc : find(s, key, value);
}

enum rc store_put(struct store *s, struct str key, struct str value)
{
    int64_t place;
    enum rc rc = fits(key, value) ? touch_to_write(s) : RC_FULL;
    if (rc == RC_OK)
        rc = remember(s, key, &place);
    return rc ? rc : wrote(s, s->engine->put(s->e, key, value, place));
}

enum rc store_add(struct store *s, struct str key, struct str value)
{
    enum rc rc = fits(key, value) ? touch_to_write(s) : RC_FULL;
    if (rc == RC_OK && s->marked && !s->saved)
        replaces(s, key, false, STR_NONE);
    return rc ? rc : wrote(s, s->engine->put(s->e, key, value, PLACE_NONE));
}

enum rc store_del(struct store *s, struct str key)
{
    int64_t place;
    enum rc rc = touch_to_write(s);
    if (rc == RC_OK)
        rc = remember(s, key, &place);
    return rc ? rc : wrote(s, s->engine->del(s->e, key, place));
}

enum rc store_wipe(struct store *s, struct str prefix)
{
    enum rc rc = touch_to_write(s);
    if (rc == RC_OK)
        rc = save(s);
    if (rc)
        return rc;
    struct key end;
    key_after(&end, prefix);
    struct str to = key_view(&end);
    rc = wrote(s, s->engine->wipe(s->e, prefix, to.n ? to : STR_NONE));
    key_release(&end);
    return rc;
}

enum rc store_clear(struct store *s)
{
    enum rc rc = touch_to_write(s);
    if (rc == RC_OK)
        rc = save(s);
    return rc ? rc : wrote(s, s->engine->clear(s->e));
}

enum rc store_scrap(struct store *s, bool *more)
{
    if (s->marked)
        BUG("a portion inside a call");
    *more = false;
    enum rc rc = touch(s);
    if (rc == RC_OK)
        rc = wrote(s, s->engine->scrap(s->e, more));
    s->dirty |= *more;
    return rc;
}

/* Where the portion that begins at `prefix` ends: `at` stays empty when it reaches to the end. */
static enum rc portion_end(struct store *s, struct str prefix, struct str to, struct buf *at)
{
    struct store_cursor *c;
    struct str key, value;
    int64_t rows = 0, bytes = 0;
    enum rc rc = store_seek(s, &c, prefix, to, false);
    if (rc)
        return rc;
    while ((rc = store_next(c, &key, &value)) == RC_OK && rows < STORE_PORTION_ROWS &&
           bytes < STORE_PORTION_BYTES)
        rows++, bytes += (int64_t)value.n;
    if (rc == RC_OK)
        buf_str(at, key);
    store_cursor_close(c);
    return rc == RC_END ? RC_OK : rc;
}

enum rc store_wipe_some(struct store *s, struct str prefix, bool *more)
{
    struct key end;
    struct buf at;
    if (s->marked)
        BUG("a portion inside a call");
    key_after(&end, prefix);
    buf_init(&at, SIZE_MAX / 2);
    struct str to = key_view(&end).n ? key_view(&end) : STR_NONE;
    enum rc rc = portion_end(s, prefix, to, &at);
    *more = at.n > 0;
    if (rc == RC_OK)
        rc = touch_to_write(s);
    if (rc == RC_OK)
        rc = wrote(s, s->engine->wipe(s->e, prefix, *more ? buf_view(&at) : to));
    key_release(&end);
    buf_release(&at);
    return rc;
}

enum rc store_seek(struct store *s, struct store_cursor **out, struct str from, struct str to, bool reverse)
{
    struct engine_cursor *c;
    enum rc rc = touch(s);
    if (rc == RC_OK)
        rc = heard(s, s->engine->seek(s->e, &c, from, to, reverse));
    if (rc)
        return rc;
    s->cursors++;
    *out = xmalloc(sizeof **out);
    **out = (struct store_cursor){s, c};
    return RC_OK;
}

enum rc store_next(struct store_cursor *c, struct str *key, struct str *value)
{
    if (c->store->broken)
        return RC_IO;
    return heard(c->store, c->store->engine->next(c->c, key, value));
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

bool store_tidy(struct store *s)
{
    return !s->open && s->engine->tidy(s->e);
}
