#include "format.h"

#include "base/log.h"
#include <sqlite3.h>
#include <stdio.h>

/* --- the steps: row n leads from version n to n + 1 */

/* All machines that wrote version 1 have their little end first: the rows are right as they are. */
static const char fixed_order[] = "";

static const char *const steps[] = {[1] = fixed_order};

enum { VERSION = sizeof(steps) / sizeof(*steps) };

/* --- reading and writing the number */

static enum rc trouble(sqlite3 *db, const char *path, const struct log *log)
{
    log_error(log, "store: %s: %s", path, sqlite3_errmsg(db));
    return sqlite3_errcode(db) == SQLITE_BUSY ? RC_BUSY : RC_IO;
}

/* The one number that a statement gives. */
static enum rc ask(sqlite3 *db, const char *sql, int *out)
{
    sqlite3_stmt *q;
    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
        return RC_IO;
    bool got = sqlite3_step(q) == SQLITE_ROW;
    *out = got ? sqlite3_column_int(q, 0) : 0;
    sqlite3_finalize(q);
    return got ? RC_OK : RC_IO;
}

enum { NEW = 0, STRANGE = -1 };

static enum rc read_version(sqlite3 *db, int *version)
{
    int tables = 0, ours = 0;
    enum rc rc = ask(db, "PRAGMA user_version", version);
    if (rc != RC_OK || *version)
        return rc;
    rc = ask(db, "SELECT count(*) FROM sqlite_schema", &tables);
    if (rc == RC_OK)
        rc = ask(db, "SELECT count(*) FROM sqlite_schema WHERE name IN ('kv', 'big')", &ours);
    *version = ours == 2 ? 1 : tables ? STRANGE : NEW;
    return rc;
}

static bool run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool go_on_from(sqlite3 *db, int version)
{
    char number[48];
    bool ok = run(db, "BEGIN IMMEDIATE");
    if (version == NEW)
        ok = ok && run(db, FORMAT_TABLES);
    for (int v = version; ok && v > NEW && v < VERSION; v++)
        ok = run(db, steps[v]);
    snprintf(number, sizeof number, "PRAGMA user_version = %d", VERSION);
    return ok && run(db, number) && run(db, "COMMIT");
}

enum rc format_prepare(sqlite3 *db, const char *path, const struct log *log)
{
    int version;
    if (read_version(db, &version) != RC_OK)
        return trouble(db, path, log);
    if (version < NEW) {
        log_error(log, "store: %s is a database of something else", path);
        return RC_BAD;
    }
    if (version > VERSION) {
        log_error(
            log,
            "store: %s has the format %d, of a newer tidepool; this one knows those up to %d (take the newer "
            "one, or --data another folder)",
            path, version, VERSION);
        return RC_BAD;
    }
    if (version == VERSION)
        return RC_OK;
    if (!go_on_from(db, version))
        return trouble(db, path, log);
    if (version)
        log_info(log, "store: %s was led from format %d to %d", path, version, VERSION);
    return RC_OK;
}
