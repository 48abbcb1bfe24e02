/* What a storage engine is: one file that fills this table.  Only store.c calls it, and store.c keeps the
 * order: begin before any get, put, del, wipe, seek; no begin within a transaction; undo and keep only after
 * mark; cursors closed before commit, rest and rollback; what is put within the store's ceilings; after a
 * failure nothing but rollback. */
#ifndef STORE_ENGINE_H
#define STORE_ENGINE_H

#include "base/rc.h"
#include "base/str.h"

struct arena;
struct engine;
struct engine_cursor;
struct log;

/* Where the value of a key lies before a write: who has just got it may tell, which spares the engine a look.
 * Numbers from 0 on are the engine's own. */
enum { PLACE_UNKNOWN = -2, PLACE_NONE = -1 /* the key is certainly not there */ };

struct store_engine {
    enum rc (*open)(struct engine **out, const char *folder, unsigned flags, const struct log *log);
    void (*close)(struct engine *e);

    enum rc (*begin)(struct engine *e);
    enum rc (*commit)(struct engine *e); /* on failure the transaction has been rolled back */
    void (*rollback)(struct engine *e);

    /* In place of commit for a transaction that wrote nothing: the engine may keep it for the next begin. */
    void (*rest)(struct engine *e);

    /* One savepoint: undo goes back to it, keep forgets it; either ends it. */
    enum rc (*mark)(struct engine *e);
    enum rc (*undo)(struct engine *e);
    enum rc (*keep)(struct engine *e);

    /* The value goes into the arena; without one it is lent until the next get without one.  value NULL: is
     * it there?  place may be NULL. */
    enum rc (*get)(struct engine *e, struct str key, struct arena *a, struct str *value, int64_t *place);
    enum rc (*put)(struct engine *e, struct str key, struct str value, int64_t place);
    enum rc (*del)(struct engine *e, struct str key, int64_t place);
    enum rc (*wipe)(struct engine *e, struct str from,
                    struct str to); /* from <= key < to; to may be absent */

    /* All keys are gone at once, however many: their tables are put aside, and scrap removes a portion of
     * what lies there; *more: there is some left. */
    enum rc (*clear)(struct engine *e);
    enum rc (*scrap)(struct engine *e, bool *more);

    enum rc (*seek)(struct engine *e, struct engine_cursor **out, struct str from, struct str to,
                    bool reverse);
    enum rc (*next)(struct engine_cursor *c, struct str *key, struct str *value);
    void (*cursor_close)(struct engine_cursor *c);

    int64_t (*size)(struct engine *e);
    bool (*tidy)(struct engine *e); /* true: there is more to do, soon */
};

extern const struct store_engine engine_sqlite; /* a folder, or memory when there is none */

#endif
