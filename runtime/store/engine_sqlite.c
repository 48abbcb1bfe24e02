/* The SQLite engine: a file with a write-ahead log, or memory.
 * Only this file, checkpoint.c, format.c and wal_file.c see sqlite3.
 *
 *   kv(k, v)    in the order of the keys; v is the value, or the number of its row in big
 *   big(id, v)  values of more than INLINE_MAX bytes, in the order of their coming
 *
 * A store that is emptied begins with new tables; the old ones are renamed to scrap_N_kv and scrap_N_big and
 * go portion by portion.
 *
 * So the tree that is ordered by keys holds small rows only, many to a page, and a big value is appended; in
 * one tree each seventh message moved three pages to make room (README).  Invariant: a row of big belongs to
 * exactly one row of kv. */
#include "engine.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "checkpoint.h"
#include "format.h"
#include "store.h"
#include "wal_file.h"
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The statements that an engine keeps, by what they do. */
enum statement {
    BEGIN,
    COMMIT,
    ROLLBACK,
    MARK,
    UNDO,
    KEEP,
    GET,
    PUT,
    DEL,
    BIG_ADD,
    BIG_PUT,
    BIG_DEL,
    WIPE,
    WIPE_ON,
    WIPE_ALL,
    BIG_WIPE,
    BIG_WIPE_ON,
    BIG_WIPE_ALL,
    COUNT_PAGES,
    COUNT_FREE,
    STATEMENTS
};

/* Every reader gives v and, when v is a number, what it stands for. */
#define VALUE "kv.v, big.v FROM kv LEFT JOIN big ON big.id = kv.v"
#define BIG_ROWS "DELETE FROM big WHERE id IN (SELECT v FROM kv WHERE typeof(v) = 'integer'"

/* PUT is an upsert and not a REPLACE, which deletes first and so rewrites more pages (README). */
static const char *const statement_sql[STATEMENTS] = {
    [BEGIN] = "BEGIN",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [MARK] = "SAVEPOINT call",
    [UNDO] = "ROLLBACK TO call",
    [KEEP] = "RELEASE call",
    [GET] = "SELECT " VALUE " WHERE k = ?1",
    [PUT] = "INSERT INTO kv(k, v) VALUES(?1, ?2) ON CONFLICT(k) DO UPDATE SET v = excluded.v",
    [DEL] = "DELETE FROM kv WHERE k = ?1",
    [BIG_ADD] = "INSERT INTO big(v) VALUES(?1)",
    [BIG_PUT] = "UPDATE big SET v = ?2 WHERE id = ?1",
    [BIG_DEL] = "DELETE FROM big WHERE id = ?1",
    [WIPE] = "DELETE FROM kv WHERE k >= ?1 AND k < ?2",
    [WIPE_ON] = "DELETE FROM kv WHERE k >= ?1",
    [WIPE_ALL] = "DELETE FROM kv",
    [BIG_WIPE] = BIG_ROWS " AND k >= ?1 AND k < ?2)",
    [BIG_WIPE_ON] = BIG_ROWS " AND k >= ?1)",
    [BIG_WIPE_ALL] = "DELETE FROM big",
    [COUNT_PAGES] = "PRAGMA page_count",
    [COUNT_FREE] = "PRAGMA freelist_count",
};

/* Scans, by [has an upper end][reverse]. */
static const char *const scan_sql[2][2] = {
    {"SELECT k, " VALUE " WHERE k >= ?1 ORDER BY k", "SELECT k, " VALUE " WHERE k >= ?1 ORDER BY k DESC"},
    {"SELECT k, " VALUE " WHERE k >= ?1 AND k < ?2 ORDER BY k",
     "SELECT k, " VALUE " WHERE k >= ?1 AND k < ?2 ORDER BY k DESC"},
};

struct engine_cursor {
    struct engine *engine;
    struct engine_cursor *next_idle;
    struct engine_cursor **home; /* the list of idle cursors of its kind */
    sqlite3_stmt *scan;
    struct buf bounds; /* from and to, one after the other */
};

struct engine {
    sqlite3 *db;
    struct wal_vfs *vfs; /* NULL in memory */
    const struct log *log;
    char *path;    /* of the main file; NULL in memory */
    int lock_file; /* held as long as the engine lives; -1: none */
    sqlite3_stmt *statements[STATEMENTS];
    struct engine_cursor *idle[2][2];
    struct buf value; /* what get lends */
    bool resting;     /* the transaction of a turn that only read is still open */
    int log_pages;    /* in the log */
    int moved_pages;  /* of them are in the main file too */
    struct checkpoint checkpoint;
    bool stale;     /* what it will report may be about the log before this one */
    bool stuck;     /* the last pass moved nothing: the disk fails, or a person's tool reads what is older */
    bool shrunk;    /* the main file is shorter as soon as the whole log is moved */
    bool no_shrink; /* it did not work; not again in this run */
};

enum { BUSY_MS = 1000 }; /* a person's tool that looks into the file is waited for */

/* SQLite's own memory for what a statement works on: up to so many bytes each are taken without malloc. */
enum { RECORD_MAX = 4096, RECORDS = 64 };

enum { INLINE_MAX = 400 };

/* How long the log gets, in pages of 4 KB.  From MOVE_AT on it is moved into the main file by a thread
 * (checkpoint.h), and SQLite begins it afresh when a transaction finds all of it moved.  Steady load may
 * never let that happen: from FINISH_AT on the engine moves the last FEW pages itself between two
 * transactions; at LIMIT (a disk that is slower than we are) it moves what there is. */
enum { MOVE_AT = 8192, FINISH_AT = 16384, LIMIT = 65536, FEW = 512 };

/* A log that was longer is cut to so many bytes when it begins afresh: twice FINISH_AT, so that steady load,
 * which ends there, does not give its blocks back each time only to ask for them again. */
#define LOG_KEPT "134217728"

/* When the main file is made small again, in pages: so many are free, and so few are not that copying them
 * takes less than the turn may be held (at the end of a run: than a person waits).  Until then what comes
 * takes the free ones. */
enum { SHRINK_AT = 2048, COPY_NOW = 512, COPY_AT_END = 16384 };

static enum rc trouble(const struct engine *e, const char *what)
{
    log_error(e->log, "store: %s: %s", what, sqlite3_errmsg(e->db));
    return sqlite3_errcode(e->db) == SQLITE_BUSY ? RC_BUSY : RC_IO;
}

static enum rc prepare(struct engine *e, const char *sql, sqlite3_stmt **out)
{
    if (sqlite3_prepare_v3(e->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL) == SQLITE_OK)
        return RC_OK;
    return trouble(e, sql);
}

static void bind(sqlite3_stmt *q, int at, struct str s)
{
    sqlite3_bind_blob64(q, at, s.n ? s.p : "", s.n, SQLITE_STATIC);
}

/* Runs a statement that gives no rows. */
static enum rc run(struct engine *e, enum statement which)
{
    sqlite3_stmt *q = e->statements[which];
    int code = sqlite3_step(q);
    sqlite3_reset(q);
    return code == SQLITE_DONE ? RC_OK : trouble(e, statement_sql[which]);
}

/* --- opening and closing */

static enum rc exec(struct engine *e, const char *sql)
{
    if (sqlite3_exec(e->db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return RC_OK;
    return trouble(e, e->path ? e->path : "memory");
}

/* After each commit, in place of SQLite's automatic checkpoint: how long the log is now.  Shorter than
 * before: it was begun afresh. */
static int count_log(void *arg, sqlite3 *db, const char *name, int pages)
{
    struct engine *e = arg;
    (void)db, (void)name;
    if (pages < e->log_pages) {
        e->moved_pages = 0;
        e->stale = true;
    }
    e->log_pages = pages;
    e->stuck = false;
    return SQLITE_OK;
}

/* A new file is made without waiting for the disk: there is nothing in it yet that could be lost. */
static enum rc set_up(struct engine *e, unsigned flags)
{
    sqlite3_busy_timeout(e->db, BUSY_MS);
    sqlite3_wal_hook(e->db, count_log, e);
    enum rc rc = exec(e, "PRAGMA page_size = 4096; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096;"
                         "PRAGMA synchronous = OFF");
    if (rc == RC_OK && e->path)
        rc = exec(e, "PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = " LOG_KEPT);
    if (rc == RC_OK)
        rc = format_prepare(e->db, e->path ? e->path : "memory", e->log);
    if (rc == RC_OK)
        rc = exec(e, flags & STORE_DURABLE ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    for (int i = 0; rc == RC_OK && i < STATEMENTS; i++)
        rc = prepare(e, statement_sql[i], &e->statements[i]);
    return rc;
}

/* The folder and those above it. */
static enum rc make_folder(const char *folder, const struct log *log)
{
    struct buf path;
    enum rc rc = RC_OK;
    buf_init(&path, strlen(folder));
    for (const char *at = folder; rc == RC_OK && *at;) {
        size_t n = strcspn(at + 1, "/") + 1;
        buf_add(&path, at, n);
        at += n;
        if (mkdir(buf_zstr(&path), 0777) && errno != EEXIST) {
            log_error(log, "store: cannot make the data folder %s: %s", buf_zstr(&path), strerror(errno));
            rc = RC_IO;
        }
    }
    buf_release(&path);
    return rc;
}

/* One process has a folder at a time.  The lock goes with the process, however it ends. */
static enum rc take_folder(struct engine *e, const char *folder)
{
    struct buf path;
    buf_init(&path, strlen(folder) + 32);
    buf_printf(&path, "%s/world.lock", folder);
    e->lock_file = open(buf_zstr(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    enum rc rc = RC_OK;
    if (e->lock_file < 0) {
        log_error(e->log, "store: cannot open %s: %s", buf_zstr(&path), strerror(errno));
        rc = RC_IO;
    } else if (flock(e->lock_file, LOCK_EX | LOCK_NB)) {
        rc = RC_BUSY;
    }
    buf_clear(&path);
    buf_printf(&path, "%s/world.db", folder);
    e->path = xstrdup(buf_zstr(&path));
    buf_release(&path);
    return rc;
}

static void cursors_free(struct engine_cursor *c)
{
    while (c) {
        struct engine_cursor *next = c->next_idle;
        sqlite3_finalize(c->scan);
        buf_release(&c->bounds);
        free(c);
        c = next;
    }
}

static void engine_close(struct engine *e)
{
    checkpoint_reap(&e->checkpoint, true);
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(e->statements[i]);
    for (int kind = 0; kind < 4; kind++)
        cursors_free(e->idle[kind / 2][kind % 2]);
    if (sqlite3_close(e->db) != SQLITE_OK)
        BUG("the store is closed while it is used: %s", sqlite3_errmsg(e->db));
    wal_vfs_free(e->vfs);
    if (e->lock_file >= 0)
        close(e->lock_file);
    buf_release(&e->value);
    free(e->path);
    free(e);
}

/* SQLite would count the memory that it takes, under a lock. */
static void quiet_memory(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* refused when it is in use: then this was done before */
}

static enum rc open_database(struct engine *e, unsigned flags)
{
    quiet_memory();
    const char *name = e->path ? e->path : ":memory:";
    int mode = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (e->path && !(e->vfs = wal_vfs_new()))
        return RC_IO;
    if (sqlite3_open_v2(name, &e->db, mode, e->vfs ? wal_vfs_name(e->vfs) : NULL) != SQLITE_OK)
        return trouble(e, name);
    sqlite3_db_config(e->db, SQLITE_DBCONFIG_LOOKASIDE, NULL, RECORD_MAX, RECORDS);
    return set_up(e, flags);
}

static enum rc engine_open(struct engine **out, const char *folder, unsigned flags, const struct log *log)
{
    struct engine *e = xcalloc(1, sizeof *e);
    e->log = log;
    e->lock_file = -1;
    buf_init(&e->value, STORE_VALUE_MAX);
    enum rc rc = folder ? make_folder(folder, log) : RC_OK;
    if (rc == RC_OK && folder)
        rc = take_folder(e, folder);
    if (rc == RC_OK)
        rc = open_database(e, flags);
    if (rc)
        engine_close(e);
    else
        *out = e;
    return rc;
}

/* --- moving the log */

static void moved(struct engine *e, int code, int pages)
{
    e->stuck = code != SQLITE_OK || pages <= e->moved_pages;
    if (code == SQLITE_OK)
        e->moved_pages = pages;
    else
        log_warn(e->log, "store: moving the log into the main file: %s", sqlite3_errstr(code));
}

static void move_now(struct engine *e)
{
    int in_log, pages = 0;
    int code = sqlite3_wal_checkpoint_v2(e->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_log, &pages);
    moved(e, code, pages);
}

/* Takes the result of a checkpoint that is done. */
static void collect(struct engine *e)
{
    if (checkpoint_reap(&e->checkpoint, false))
        moved(e, e->checkpoint.code, e->stale ? 0 : e->checkpoint.moved);
}

static void move_more(struct engine *e)
{
    collect(e);
    int left = e->log_pages - e->moved_pages;
    if (e->checkpoint.started || left == 0 || e->stuck)
        return;
    e->stale = false;
    bool here = e->log_pages >= LIMIT || (e->log_pages >= FINISH_AT && left <= FEW);
    if (here || !checkpoint_start(&e->checkpoint, e->path))
        move_now(e);
}

/* --- transactions */

static enum rc engine_begin(struct engine *e)
{
    if (e->resting) {
        e->resting = false;
        return RC_OK;
    }
    if (e->log_pages >= FINISH_AT)
        move_more(e);
    return run(e, BEGIN);
}

static void engine_rollback(struct engine *e)
{
    if (!sqlite3_get_autocommit(e->db)) /* some failures have already rolled back */
        run(e, ROLLBACK);
}

static enum rc engine_commit(struct engine *e)
{
    enum rc rc = run(e, COMMIT);
    if (rc)
        engine_rollback(e);
    return rc;
}

/* Nobody else writes, so the snapshot of a turn that only read is still right in the next one, which saves a
 * BEGIN and a COMMIT.  But it keeps the log from being begun afresh, so none is held while that is due. */
static void engine_rest(struct engine *e)
{
    if (e->log_pages >= MOVE_AT)
        engine_rollback(e);
    else
        e->resting = true;
}

static void wake_up(struct engine *e)
{
    if (e->resting)
        engine_rollback(e);
    e->resting = false;
}

static enum rc engine_mark(struct engine *e)
{
    return run(e, MARK);
}

static enum rc engine_keep(struct engine *e)
{
    return run(e, KEEP);
}

static enum rc engine_undo(struct engine *e)
{
    enum rc rc = run(e, UNDO);
    return rc ? rc : run(e, KEEP);
}

/* --- keys and values */

/* PLACE_INLINE: the value is in kv; above: the number of its row in big. */
enum { PLACE_INLINE = 0 };

/* The value at column `at` of a row, and where it lies. */
static struct str value_at(sqlite3_stmt *q, int at, int64_t *place)
{
    bool inside = sqlite3_column_type(q, at) != SQLITE_INTEGER;
    if (place)
        *place = inside ? PLACE_INLINE : sqlite3_column_int64(q, at);
    int from = inside ? at : at + 1;
    const void *p = sqlite3_column_blob(q, from);
    return str_n(p ? p : "", (size_t)sqlite3_column_bytes(q, from));
}

/* A copy, so that no statement stands open between calls. */
static struct str lend(struct engine *e, struct str v, struct arena *a)
{
    if (a)
        return arena_str(a, v);
    buf_clear(&e->value);
    buf_str(&e->value, v);
    return buf_view(&e->value);
}

static enum rc engine_get(struct engine *e, struct str key, struct arena *a, struct str *value,
                          int64_t *place)
{
    sqlite3_stmt *q = e->statements[GET];
    bind(q, 1, key);
    int code = sqlite3_step(q);
    if (code == SQLITE_ROW) {
        struct str v = value_at(q, 0, place);
        if (value)
            *value = v.n ? lend(e, v, a) : STR("");
    } else if (place) {
        *place = PLACE_NONE;
    }
    sqlite3_reset(q);
    if (code == SQLITE_ROW)
        return RC_OK;
    return code == SQLITE_DONE ? RC_NONE : trouble(e, "get");
}

/* Looks where a value lies, unless it is known. */
static enum rc find(struct engine *e, struct str key, int64_t *place)
{
    if (*place != PLACE_UNKNOWN)
        return RC_OK;
    enum rc rc = engine_get(e, key, NULL, NULL, place);
    return rc == RC_NONE ? RC_OK : rc;
}

static enum rc big_del(struct engine *e, int64_t id)
{
    sqlite3_bind_int64(e->statements[BIG_DEL], 1, id);
    return run(e, BIG_DEL);
}

static enum rc big_put(struct engine *e, int64_t id, struct str value)
{
    sqlite3_bind_int64(e->statements[BIG_PUT], 1, id);
    bind(e->statements[BIG_PUT], 2, value);
    return run(e, BIG_PUT);
}

static enum rc put_number(struct engine *e, struct str key, struct str value)
{
    bind(e->statements[BIG_ADD], 1, value);
    enum rc rc = run(e, BIG_ADD);
    if (rc)
        return rc;
    bind(e->statements[PUT], 1, key);
    sqlite3_bind_int64(e->statements[PUT], 2, sqlite3_last_insert_rowid(e->db));
    return run(e, PUT);
}

static enum rc engine_put(struct engine *e, struct str key, struct str value, int64_t place)
{
    bool big = value.n > INLINE_MAX;
    enum rc rc = find(e, key, &place);
    if (rc == RC_OK && place > 0 && big)
        return big_put(e, place, value);
    if (rc == RC_OK && place > 0)
        rc = big_del(e, place);
    if (rc)
        return rc;
    if (big)
        return put_number(e, key, value);
    bind(e->statements[PUT], 1, key);
    bind(e->statements[PUT], 2, value);
    return run(e, PUT);
}

static enum rc engine_del(struct engine *e, struct str key, int64_t place)
{
    enum rc rc = find(e, key, &place);
    if (rc || place == PLACE_NONE)
        return rc;
    if (place > 0)
        rc = big_del(e, place);
    bind(e->statements[DEL], 1, key);
    return rc ? rc : run(e, DEL);
}

static enum rc wipe_from(struct engine *e, enum statement which, struct str from, struct str to)
{
    if (from.n || to.p)
        bind(e->statements[which], 1, from);
    if (to.p)
        bind(e->statements[which], 2, to);
    return run(e, which);
}

static enum rc engine_wipe(struct engine *e, struct str from, struct str to)
{
    int kind = to.p ? 0 : from.n ? 1 : 2;
    enum rc rc = wipe_from(e, BIG_WIPE + kind, from, to);
    return rc ? rc : wipe_from(e, WIPE + kind, from, to);
}

/* --- emptying the store */

#define SCRAP "scrap_"

/* The first row of a query's answer, NULL without one; finalize it. */
static enum rc ask(struct engine *e, const char *sql, sqlite3_stmt **q)
{
    enum rc rc = prepare(e, sql, q);
    if (rc)
        return rc;
    int code = sqlite3_step(*q);
    if (code == SQLITE_ROW)
        return RC_OK;
    rc = code == SQLITE_DONE ? RC_NONE : trouble(e, sql);
    sqlite3_finalize(*q);
    *q = NULL;
    return rc;
}

/* One of the tables that were put aside. */
static enum rc scrap_table(struct engine *e, char name[64])
{
    sqlite3_stmt *q;
    enum rc rc = ask(e,
                     "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB '" SCRAP "*' "
                     "ORDER BY rowid DESC LIMIT 1",
                     &q);
    if (rc)
        return rc;
    snprintf(name, 64, "%s", (const char *)sqlite3_column_text(q, 0));
    sqlite3_finalize(q);
    return RC_OK;
}

static enum rc engine_clear(struct engine *e)
{
    char last[64] = SCRAP "0", sql[512];
    enum rc rc = scrap_table(e, last);
    if (rc && rc != RC_NONE)
        return rc;
    long n = strtol(last + strlen(SCRAP), NULL, 10) + 1;
    snprintf(sql, sizeof sql,
             "ALTER TABLE kv RENAME TO " SCRAP "%ld_kv; ALTER TABLE big RENAME TO " SCRAP
             "%ld_big;" FORMAT_TABLES,
             n, n);
    return exec(e, sql);
}

/* Where a portion of the table ends: *q stands at the first row that stays; RC_NONE: nothing stays. */
static enum rc scrap_end(struct engine *e, const char *name, const char *column, sqlite3_stmt **q)
{
    char sql[256];
    int64_t rows = 0, bytes = 0;
    snprintf(sql, sizeof sql, "SELECT %s, length(v) FROM %s ORDER BY 1", column, name);
    enum rc rc = ask(e, sql, q);
    while (rc == RC_OK && rows < STORE_PORTION_ROWS && bytes < STORE_PORTION_BYTES) {
        rows++, bytes += sqlite3_column_int64(*q, 1);
        int code = sqlite3_step(*q);
        if (code != SQLITE_ROW)
            rc = code == SQLITE_DONE ? RC_NONE : trouble(e, sql);
    }
    return rc;
}

static enum rc scrap_before(struct engine *e, const char *name, const char *column, sqlite3_stmt *end)
{
    char sql[256];
    sqlite3_stmt *q;
    snprintf(sql, sizeof sql, "DELETE FROM %s WHERE %s < ?1", name, column);
    enum rc rc = prepare(e, sql, &q);
    if (rc)
        return rc;
    sqlite3_bind_value(q, 1, sqlite3_column_value(end, 0));
    sqlite3_reset(end);
    if (sqlite3_step(q) != SQLITE_DONE)
        rc = trouble(e, sql);
    sqlite3_finalize(q);
    return rc;
}

/* The last portion goes with the table itself. */
static enum rc scrap_some(struct engine *e, const char *name)
{
    char sql[128];
    const char *column = strstr(name, "_kv") ? "k" : "id";
    sqlite3_stmt *end = NULL;
    enum rc rc = scrap_end(e, name, column, &end);
    if (rc == RC_OK)
        rc = scrap_before(e, name, column, end);
    sqlite3_finalize(end);
    if (rc != RC_NONE)
        return rc;
    snprintf(sql, sizeof sql, "DROP TABLE %s", name);
    return exec(e, sql);
}

static enum rc engine_scrap(struct engine *e, bool *more)
{
    char name[64];
    enum rc rc = scrap_table(e, name);
    *more = rc == RC_OK;
    if (rc == RC_OK)
        rc = scrap_some(e, name);
    return rc == RC_NONE ? RC_OK : rc;
}

/* --- cursors: a prepared scan each, kept for the next one of its kind */

static enum rc cursor_take(struct engine *e, bool bounded, bool reverse, struct engine_cursor **out)
{
    struct engine_cursor **home = &e->idle[bounded][reverse], *c = *home;
    if (c) {
        *home = c->next_idle;
        *out = c;
        return RC_OK;
    }
    sqlite3_stmt *scan;
    enum rc rc = prepare(e, scan_sql[bounded][reverse], &scan);
    if (rc)
        return rc;
    c = *out = xcalloc(1, sizeof *c);
    *c = (struct engine_cursor){.engine = e, .home = home, .scan = scan};
    buf_init(&c->bounds, SIZE_MAX / 2); /* a request's texts, which have their ceiling */
    return RC_OK;
}

static enum rc engine_seek(struct engine *e, struct engine_cursor **out, struct str from, struct str to,
                           bool reverse)
{
    enum rc rc = cursor_take(e, to.p != NULL, reverse, out);
    if (rc)
        return rc;
    struct engine_cursor *c = *out;
    buf_clear(&c->bounds);
    buf_str(&c->bounds, from);
    buf_str(&c->bounds, to);
    struct str both = buf_view(&c->bounds);
    bind(c->scan, 1, str_sub(both, 0, from.n));
    if (to.p)
        bind(c->scan, 2, str_sub(both, from.n, to.n));
    return RC_OK;
}

static enum rc engine_next(struct engine_cursor *c, struct str *key, struct str *value)
{
    int code = sqlite3_step(c->scan);
    if (code == SQLITE_DONE) {
        sqlite3_reset(c->scan);
        return RC_END;
    }
    if (code != SQLITE_ROW)
        return trouble(c->engine, "scan");
    if (key)
        *key = str_n(sqlite3_column_blob(c->scan, 0), (size_t)sqlite3_column_bytes(c->scan, 0));
    if (value)
        *value = value_at(c->scan, 1, NULL);
    return RC_OK;
}

static void engine_cursor_close(struct engine_cursor *c)
{
    sqlite3_reset(c->scan);
    c->next_idle = *c->home;
    *c->home = c;
}

/* --- housekeeping */

static int64_t count(struct engine *e, enum statement which)
{
    sqlite3_stmt *q = e->statements[which];
    int64_t n = q && sqlite3_step(q) == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;
    sqlite3_reset(q);
    return n;
}

/* Copies what is there, without the free pages, when that is worth it and at most `copied` pages are there.
 */
static void shrink(struct engine *e, int64_t copied)
{
    int64_t free_pages = count(e, COUNT_FREE);
    if (e->no_shrink || free_pages < SHRINK_AT || count(e, COUNT_PAGES) - free_pages > copied)
        return;
    e->no_shrink = exec(e, "VACUUM") != RC_OK;
    e->shrunk = !e->no_shrink && e->path;
}

/* The log holds nothing that the main file does not: it can go.  Nobody is waited for. */
static void cut_log(struct engine *e)
{
    sqlite3_busy_timeout(e->db, 0);
    if (sqlite3_wal_checkpoint_v2(e->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) == SQLITE_OK)
        e->log_pages = e->moved_pages = 0;
    sqlite3_busy_timeout(e->db, BUSY_MS);
}

static int64_t engine_size(struct engine *e)
{
    return (count(e, COUNT_PAGES) + e->log_pages) * 4096;
}

/* Moves a long log, and the one after the file was made small; then cuts it.  Each step is short, so it asks
 * to be called again. */
static bool engine_tidy(struct engine *e)
{
    wake_up(e);
    shrink(e, COPY_NOW);
    if (e->log_pages < MOVE_AT && !e->shrunk && !e->checkpoint.started)
        return false;
    move_more(e);
    bool moved_all = !e->checkpoint.started && e->moved_pages == e->log_pages;
    if (moved_all)
        cut_log(e);
    e->shrunk = e->shrunk && !moved_all;
    return !moved_all && !e->stuck;
}

/* The end of a run: no turn waits any more. */
static void engine_end(struct engine *e)
{
    wake_up(e);
    if (e->path)
        shrink(e, COPY_AT_END);
    engine_close(e);
}

const struct store_engine engine_sqlite = {
    .open = engine_open,
    .close = engine_end,
    .begin = engine_begin,
    .commit = engine_commit,
    .rollback = engine_rollback,
    .rest = engine_rest,
    .mark = engine_mark,
    .undo = engine_undo,
    .keep = engine_keep,
    .get = engine_get,
    .put = engine_put,
    .del = engine_del,
    .wipe = engine_wipe,
    .clear = engine_clear,
    .scrap = engine_scrap,
    .seek = engine_seek,
    .next = engine_next,
    .cursor_close = engine_cursor_close,
    .size = engine_size,
    .tidy = engine_tidy,
};
