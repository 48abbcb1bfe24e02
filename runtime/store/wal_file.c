/* How frames are gathered.
 *
 *   a write at the log's end --> gathered --the last frame of a commit, or no more room--> one write
 *   read, size, sync, truncate, a write elsewhere --> what is gathered is written first
 *
 * Invariant: when SQLite publishes a commit (to the checkpoint's connection, to the next start), its frames
 * are in the file.  It publishes after the commit's last frame, which says so itself: the second number of
 * its header is not zero ("WAL-mode File Format", "The WAL File Format"). */
#include "wal_file.h"
#include "base/rc.h"
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SQLite's own file takes less than 128 KB at a time. */
enum { FRAME_HEADER = 24, GATHER_MAX = 127 * 1024 };

struct wal_vfs {
    sqlite3_vfs vfs;
    sqlite3_vfs *system;
    char name[48];
};

/* What SQLite gets for the log; the system's own file lies behind it in the same memory. */
struct wal_file {
    sqlite3_file base;
    sqlite3_file *system;
    sqlite3_int64 end; /* of the last write: one that begins here continues it */
    int gathered;      /* bytes before `end` that are not in the file yet */
    bool last;         /* the next write is the body of a commit's last frame */
    char *bytes;
};

static struct wal_file *wal_of(sqlite3_file *f)
{
    return (struct wal_file *)f;
}

static const sqlite3_io_methods *system_of(struct wal_file *w)
{
    return w->system->pMethods;
}

static int let_go(struct wal_file *w)
{
    int n = w->gathered;
    w->gathered = 0;
    return n ? system_of(w)->xWrite(w->system, w->bytes, n, w->end - n) : SQLITE_OK;
}

/* --- the file's methods */

static int wal_write(sqlite3_file *f, const void *bytes, int n, sqlite3_int64 at)
{
    struct wal_file *w = wal_of(f);
    bool goes_on = at == w->end && n <= GATHER_MAX, commit = w->last;
    int code = SQLITE_OK;
    if (!goes_on || w->gathered + n > GATHER_MAX)
        code = let_go(w);
    if (code != SQLITE_OK)
        return code;
    w->end = at + n;
    w->last = n == FRAME_HEADER && memcmp((const char *)bytes + 4, "\0\0\0\0", 4) != 0;
    if (!goes_on)
        return system_of(w)->xWrite(w->system, bytes, n, at);
    memcpy(w->bytes + w->gathered, bytes, (size_t)n);
    w->gathered += n;
    return commit ? let_go(w) : SQLITE_OK;
}

static int wal_read(sqlite3_file *f, void *bytes, int n, sqlite3_int64 at)
{
    struct wal_file *w = wal_of(f);
    int code = let_go(w);
    return code == SQLITE_OK ? system_of(w)->xRead(w->system, bytes, n, at) : code;
}

static int wal_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    struct wal_file *w = wal_of(f);
    int code = let_go(w);
    return code == SQLITE_OK ? system_of(w)->xTruncate(w->system, size) : code;
}

static int wal_sync(sqlite3_file *f, int flags)
{
    struct wal_file *w = wal_of(f);
    int code = let_go(w);
    return code == SQLITE_OK ? system_of(w)->xSync(w->system, flags) : code;
}

static int wal_size(sqlite3_file *f, sqlite3_int64 *size)
{
    struct wal_file *w = wal_of(f);
    int code = let_go(w);
    return code == SQLITE_OK ? system_of(w)->xFileSize(w->system, size) : code;
}

static int wal_close(sqlite3_file *f)
{
    struct wal_file *w = wal_of(f);
    int code = let_go(w);
    free(w->bytes);
    int closed = system_of(w)->xClose(w->system);
    return code == SQLITE_OK ? closed : code;
}

static int wal_lock(sqlite3_file *f, int lock)
{
    return system_of(wal_of(f))->xLock(wal_of(f)->system, lock);
}

static int wal_unlock(sqlite3_file *f, int lock)
{
    return system_of(wal_of(f))->xUnlock(wal_of(f)->system, lock);
}

static int wal_is_reserved(sqlite3_file *f, int *out)
{
    return system_of(wal_of(f))->xCheckReservedLock(wal_of(f)->system, out);
}

static int wal_control(sqlite3_file *f, int op, void *arg)
{
    return system_of(wal_of(f))->xFileControl(wal_of(f)->system, op, arg);
}

static int wal_sector_size(sqlite3_file *f)
{
    return system_of(wal_of(f))->xSectorSize(wal_of(f)->system);
}

static int wal_characteristics(sqlite3_file *f)
{
    return system_of(wal_of(f))->xDeviceCharacteristics(wal_of(f)->system);
}

static const sqlite3_io_methods wal_methods = {
    .iVersion = 1,
    .xClose = wal_close,
    .xRead = wal_read,
    .xWrite = wal_write,
    .xTruncate = wal_truncate,
    .xSync = wal_sync,
    .xFileSize = wal_size,
    .xLock = wal_lock,
    .xUnlock = wal_unlock,
    .xCheckReservedLock = wal_is_reserved,
    .xFileControl = wal_control,
    .xSectorSize = wal_sector_size,
    .xDeviceCharacteristics = wal_characteristics,
};

/* --- the VFS: the system's, but for the log */

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out_flags)
{
    sqlite3_vfs *system = ((struct wal_vfs *)vfs)->system;
    if (!(flags & SQLITE_OPEN_WAL))
        return system->xOpen(system, name, f, flags, out_flags);
    struct wal_file *w = wal_of(f);
    *w = (struct wal_file){.system = (sqlite3_file *)(w + 1), .end = -1};
    int code = system->xOpen(system, name, w->system, flags, out_flags);
    if (code != SQLITE_OK)
        return code; /* base.pMethods stays NULL: there is nothing to close */
    w->bytes = xmalloc(GATHER_MAX);
    w->base.pMethods = &wal_methods;
    return SQLITE_OK;
}

struct wal_vfs *wal_vfs_new(void)
{
    sqlite3_vfs *system = sqlite3_vfs_find(NULL);
    if (!system)
        return NULL;
    struct wal_vfs *v = xcalloc(1, sizeof(*v));
    snprintf(v->name, sizeof(v->name), "tidepool-%p", (void *)v); /* SQLite finds it by name */
    v->system = system;
    v->vfs = *system;
    v->vfs.zName = v->name;
    v->vfs.szOsFile += (int)sizeof(struct wal_file);
    v->vfs.xOpen = open_file;
    if (sqlite3_vfs_register(&v->vfs, 0) == SQLITE_OK)
        return v;
    free(v);
    return NULL;
}

const char *wal_vfs_name(const struct wal_vfs *v)
{
    return v->name;
}

void wal_vfs_free(struct wal_vfs *v)
{
    if (!v)
        return;
    sqlite3_vfs_unregister(&v->vfs);
    free(v);
}
