/* The form of a folder's file, as a number in it: which rows there are and how their bytes are laid out.
 *
 *   1  as of the first versions, without a number (SQLite's user_version is 0)
 *   2  numbers in values have their little end first, whatever machine wrote them (base/order.h)
 *
 * Whoever changes the form of anything that is stored adds a version here with the step that leads to it, and
 * a fixture of the version before to tests/fault.  (Part of the SQLite engine; only engine_sqlite.c uses it.)
 */
#ifndef STORE_FORMAT_H
#define STORE_FORMAT_H

#include "base/rc.h"

#define FORMAT_TABLES                                                                                        \
    "CREATE TABLE kv(k BLOB PRIMARY KEY, v) WITHOUT ROWID;"                                                  \
    "CREATE TABLE big(id INTEGER PRIMARY KEY, v BLOB)"

struct log;
struct sqlite3;

/* Makes the tables of a new file, or leads an older one to this version, in one transaction.  RC_BAD: it is
 * of a newer version, or no file of ours; RC_IO: SQLite failed.  Either is said in the log. */
enum rc format_prepare(struct sqlite3 *db, const char *path, const struct log *log);

#endif
