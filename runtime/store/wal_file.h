/* A SQLite VFS whose log file is written once per commit.
 *
 * SQLite writes its log frame by frame, two writes each, some twenty to a commit of the turn; the system call
 * costs more than the bytes.  Here the frames of a commit are gathered and leave in one write.  All other
 * files are the system's own. */
#ifndef STORE_WAL_FILE_H
#define STORE_WAL_FILE_H

#include <stddef.h>

struct wal_vfs;

/* Registers a VFS of its own; NULL when SQLite refuses.  Freed with wal_vfs_free, after the databases that
 * were opened with it are closed. */
struct wal_vfs *wal_vfs_new(void);
void wal_vfs_free(struct wal_vfs *v);
const char *wal_vfs_name(const struct wal_vfs *v); /* for sqlite3_open_v2; lent */

#endif
