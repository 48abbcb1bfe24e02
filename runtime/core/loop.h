/* The event loop of the main process: libuv behind a thin seam.
 *
 * Order in one turn of the loop: read sockets and pipes (jobs are added) -> run turns until none waits
 * (commit, answers) -> sleep.  Thread: main; nothing here is called from elsewhere. */
#ifndef CORE_LOOP_H
#define CORE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;

/* Raises the process's limit of open files to what it may be. */
struct loop *loop_new(void);
void loop_free(struct loop *l); /* closes what is still open */

/* Runs until loop_stop. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);

/* One round of events, waiting at most `ms` (0: not at all) for the first; for tests and tools. */
void loop_once(struct loop *l, int ms);

/* How many descriptors this process may have open, sockets among them. */
int64_t loop_file_limit(void);

/* libuv's own loop, for core and gateway/http only: a `uv_loop_t *`. */
void *loop_uv(struct loop *l);

/* A real-time timer, for guarding ourselves (worker deadlines, write-behind, slow connections); rules use
 * core/timer. */
struct loop_timer;
struct loop_timer *loop_timer_new(struct loop *l, void (*fire)(void *), void *arg);
void loop_timer_set(struct loop_timer *t, int64_t ms, int64_t repeat_ms); /* repeat 0: once */
void loop_timer_stop(struct loop_timer *t);
void loop_timer_free(struct loop_timer *t);

/* SIGINT, SIGTERM, SIGHUP ... */
void loop_on_signal(struct loop *l, int signum, void (*fire)(void *, int signum), void *arg);

/* A file or folder changed (inotify through libuv; a folder's subfolders are not looked into).  `name` is
 * what changed inside a folder, lent, perhaps "".  NULL: the path cannot be watched. */
struct loop_watch;
struct loop_watch *loop_watch_new(struct loop *l, const char *path, void (*fire)(void *, const char *name),
                                  void *arg);
void loop_watch_free(struct loop_watch *w);

/* Before every sleep: run this (core/turn registers itself). `busy` answers whether the loop must not sleep
 * (NULL: never busy). */
void loop_before_sleep(struct loop *l, void (*run)(void *), bool (*busy)(void *), void *arg);

/* After all of those, last of all: send what was collected, arm what was set. */
void loop_flush(struct loop *l, void (*run)(void *), void *arg);

/* Takes the hooks of `arg` away again. */
void loop_forget(struct loop *l, const void *arg);

#endif
