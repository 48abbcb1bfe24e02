#include "checkpoint.h"

#include <signal.h>
#include <sqlite3.h>
#include <stddef.h>
#include <sys/resource.h>

/* More passes as long as they find much to do: what is written during one is the work of the next, so the
 * last leaves little behind even under load. */
enum { PASSES = 8, LITTLE = 256 };

/* Nobody waits for it: on a busy machine the engine's thread must not wait for a slice of its time. */
enum { NICE = 10 };

/* SQLite syncs the main file only at the end of a checkpoint that catches up with the writer, which under
 * load is the engine's own last one: it would wait for the disk to take all that was moved here. */
static int sync_main_file(sqlite3 *db)
{
    sqlite3_file *f = NULL;
    int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &f);
    return code == SQLITE_OK ? f->pMethods->xSync(f, SQLITE_SYNC_NORMAL) : code;
}

/* A connection of its own, because a connection belongs to one thread.  PASSIVE: it waits for nobody and
 * nobody waits for it. */
static void *move(void *arg)
{
    struct checkpoint *c = arg;
    sqlite3 *db;
    int in_log, before;
    setpriority(PRIO_PROCESS, 0, NICE); /* on Linux: this thread's */
    c->moved = 0;
    c->code = sqlite3_open_v2(c->path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (c->code == SQLITE_OK) /* only after a first look into the file does a connection know of the log */
        c->code = sqlite3_exec(db, "PRAGMA schema_version", NULL, NULL, NULL);
    for (int i = 0; i < PASSES && c->code == SQLITE_OK; i++) {
        before = c->moved;
        c->code = sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_log, &c->moved);
        if (c->code == SQLITE_OK)
            c->code = sync_main_file(db);
        if (c->moved - before <= LITTLE)
            break;
    }
    sqlite3_close(db);
    atomic_store(&c->done, true);
    return NULL;
}

bool checkpoint_start(struct checkpoint *c, const char *path)
{
    sigset_t all, before;
    c->path = path;
    atomic_store(&c->done, false);
    sigfillset(&all); /* signals are the main thread's affair */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    c->started = pthread_create(&c->thread, NULL, move, c) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return c->started;
}

bool checkpoint_reap(struct checkpoint *c, bool wait)
{
    if (!c->started || (!wait && !atomic_load(&c->done)))
        return false;
    pthread_join(c->thread, NULL);
    c->started = false;
    return true;
}
