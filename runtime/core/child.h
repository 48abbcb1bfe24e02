/* Worker processes and the frames that go between.
 *
 * A small helper process (the nursery) is started before anything is opened; it forks workers on demand and
 * passes one end of a socketpair, so that a worker inherits no socket, no store and no other function's
 * environment.  Each worker also shares one page of memory with the main process, for what must be known
 * while the worker is stuck and hears nothing (runtime/lambda/claim.h).
 *
 * A frame: u32 length of what follows, u8 kind, then fields.  Both sides are the same binary on the same
 * machine: fields are in the machine's byte order. */
#ifndef CORE_CHILD_H
#define CORE_CHILD_H

#include "base/buf.h"
#include "core/loop.h"
#include <sys/types.h>

#define FRAME_MAX (16u << 20)

/* --- writing and reading frames (no I/O) */
size_t frame_begin(struct buf *b, unsigned kind); /* returns the place to give to frame_end */
/* False: the frame passes FRAME_MAX or the buffer's ceiling; it is taken back, the buffer is as before. */
bool frame_end(struct buf *b, size_t at);
void frame_i64(struct buf *b, int64_t v);
void frame_str(struct buf *b, struct str s); /* absent stays absent */

struct frame {
    unsigned kind;
    struct str rest;
    bool bad; /* a field did not fit: the frame is broken */
};
/* Takes the next whole frame off `in`; false: not yet whole.  *bad: the bytes can never become a frame. */
bool frame_next(struct str *in, struct frame *f, bool *bad);
int64_t frame_take_i64(struct frame *f);
struct str frame_take_str(struct frame *f);

/* --- processes.  Thread: main. */
struct nursery;

/* Forks the helper.  Call it first thing in main, before threads, loop or files.  `worker` is what a worker
 * runs, with its end of the pair and the shared page; it never returns.  NULL: could not, errno says why. */
struct nursery *nursery_start(void (*worker)(int fd, void *page));

/* Ends it, and with it all workers: children that still live are freed without `gone`.  Before loop_free. */
void nursery_stop(struct nursery *n);
void nursery_attach(struct nursery *n, struct loop *l);

/* `lost` is called when the helper has ended by itself (killed, by a person or for memory): its workers died
 * with it, and there will be no others. */
void nursery_on_lost(struct nursery *n, void (*lost)(void *arg), void *arg);

struct child;
struct child_events {
    void (*frame)(struct child *c, struct frame *f); /* views lent until it returns */
    void (*gone)(
        struct child *c,
        int wait_status); /* the process has ended and all its frames were heard; the child is freed after */
};
/* A new worker process; NULL: could not, errno says why.  Ready at once: frames may be sent before it has
 * started.  A worker begins at nice +5, ignores SIGINT, SIGTERM, SIGHUP and SIGPIPE, has no file but its end
 * (blocking) and stderr (stdout goes there too), and dies with us. */
struct child *child_spawn(struct nursery *n, const struct child_events *on, void *owner);
void *child_owner(const struct child *c);
pid_t child_pid(const struct child *c); /* 0 until the helper has said it */

/* At `gone`: the errno for which it could not be forked; 0: it has lived. */
int child_unborn(const struct child *c);

/* Microseconds of processor that it has used, -1: not known.  One system call. */
int64_t child_cpu_us(const struct child *c);

/* Lets it run on, and the helper too, should somebody have stopped them (kill -STOP); true: it was stopped.
 * For who is waited for; a few system calls. */
bool child_wake(struct child *c);

/* The page that this worker and we share (a memfd, mapped by both): CHILD_PAGE bytes, zero at first, there
 * until `gone` has returned. */
#define CHILD_PAGE 4096
void *child_page(const struct child *c);

/* The buffer in which frames for the child are collected; child_flush sends what is in it (the loop does so
 * before each sleep, so frames of one turn go in one write). */
struct buf *child_out(struct child *c);
void child_flush(struct child *c);

void child_kill(struct child *c);   /* SIGKILL, now, whatever the helper does; `gone` comes */
void child_retire(struct child *c); /* no more frames from us: the worker reads the end of the file, ends
                                       itself when it is done (its last frames are heard); `gone` comes */

/* Closes our end at once, and with it our descriptors: nothing is heard of it again, `gone` neither.  A
 * worker without work ends by itself then.  For an owner that goes away. */
void child_abandon(struct child *c);

#endif
