/* Ordered keys with transactions: where all state of a world lies.
 *
 * One store belongs to one world and one thread.  A transaction opens by itself with the first touch of a
 * turn and is ended by core/turn.c with store_commit or store_rollback; nobody else ends one (before the
 * first turn, door/stored does).  A call's
 * writes sit between store_mark and store_keep or store_undo, so that a fault undoes them alone.  Marks do
 * not nest.
 *
 * Keys are order-preserving tuples (store/key.h), compared as bytes; values are bytes.  An engine is one file
 * behind struct store_engine; tests/unit/test_store.c is the contract that each engine passes.
 *
 * What is looked for may be of any length; what is put has a ceiling.
 *
 * Views that come out of the store are lent until the next call to the same store or cursor. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/rc.h"
#include "base/str.h"

struct store;

enum { STORE_KEY_MAX = 64 * 1024, STORE_VALUE_MAX = 64 * 1024 * 1024 }; /* bytes; a value is held in memory */

enum store_flags {
    STORE_DURABLE = 1, /* a commit survives the loss of power, not only kill -9 */
};

/* Opens or makes a store.  `folder` NULL: in memory, gone at close.  `log` may be NULL.
 * RC_BUSY: another process has it open.  RC_IO: why is said in the log. */
struct log;
enum rc store_open(struct store **out, const char *folder, unsigned flags, const struct log *log);
void store_close(struct store *s); /* rolls back what is not committed */

/* True when something was put, deleted or wiped since the last commit. */
bool store_dirty(const struct store *s);
enum rc store_commit(struct store *s);
void store_rollback(struct store *s);

/* A call's savepoint.  Costs nothing until the call writes. */
void store_mark(struct store *s);
enum rc store_undo(struct store *s);
enum rc store_keep(struct store *s);

/* RC_NONE: no such key.  value may be NULL to ask only whether it is there. */
enum rc store_get(struct store *s, struct str key, struct str *value);

/* RC_FULL: the key or the value is beyond its ceiling; nothing was done, and the transaction goes on. */
enum rc store_put(struct store *s, struct str key, struct str value);

/* As store_put, for a key that is certainly not there (a new number, a new time): cheaper, since nobody looks
 * what it would replace. */
enum rc store_add(struct store *s, struct str key, struct str value);
enum rc store_del(struct store *s, struct str key); /* RC_OK too when it was not there */

/* Deletes all keys with this prefix. */
enum rc store_wipe(struct store *s, struct str prefix);

/* Empties the store, at once whatever it holds.  What it held is removed by store_scrap, a portion with each
 * call, also after a restart; *more: some is left.  store_scrap not inside a call. */
enum rc store_clear(struct store *s);
enum rc store_scrap(struct store *s, bool *more);

/* As store_wipe, but only the first of these keys, so many that a turn may do it (STORE_PORTION_ROWS, or
 * fewer of big values).  *more: others are left.  Not inside a call. */
enum { STORE_PORTION_ROWS = 250, STORE_PORTION_BYTES = 1 << 20 };
enum rc store_wipe_some(struct store *s, struct str prefix, bool *more);

/* A range scan: from <= key < to, ascending, or descending from the end with reverse.  `to` absent: no upper
 * end.  The store may be written to while a cursor is open; what is written behind or ahead of it may or may
 * not be seen.  Cursors must be closed before the turn ends. */
struct store_cursor;
enum rc store_seek(struct store *s, struct store_cursor **out, struct str from, struct str to, bool reverse);
enum rc store_next(struct store_cursor *c, struct str *key, struct str *value); /* RC_END at the end */
void store_cursor_close(struct store_cursor *c);

/* Bytes that the store takes on disk or in memory, about. */
int64_t store_size(struct store *s);

/* Moves committed data from the log to the main file in small steps, and keeps both files no larger than what
 * is in them asks for; called by the turn when it has time.  True: there is more to do, soon. */
bool store_tidy(struct store *s);

#endif
