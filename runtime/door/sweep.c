#include "door/sweep.h"
#include "door/note.h"
#include "store/key.h"
#include <stdlib.h>

#define SPACE "world.sweep"
#define SWEEP_ARN "tidepool:sweep" /* noted when a row was put */

struct sweeper {
    struct world *world;
    struct note_listener listener;
    struct timer timer; /* the next portion, in the next round: never seen as something that is due */
    struct job job;
    bool queued, more;
};

static void row_key(struct key *k, struct str prefix)
{
    key_init(k, SPACE);
    key_raw(k, prefix);
}

enum rc sweep_put(struct call *c, struct str prefix)
{
    struct key k;
    row_key(&k, prefix);
    enum rc rc = store_put(c->txn, key_view(&k), STR(""));
    key_release(&k);
    if (rc == RC_OK)
        call_note(c, STR(SWEEP_ARN));
    return rc;
}

void sweep_cleared(struct call *c)
{
    call_note(c, STR(SWEEP_ARN));
}

/* The prefix that is swept now, appended to `prefix`; RC_NONE: all is clean. */
static enum rc first_row(struct store *s, struct buf *prefix)
{
    struct key all, end;
    key_init(&all, SPACE);
    key_after(&end, key_view(&all));
    struct store_cursor *at;
    struct str key;
    enum rc rc = store_seek(s, &at, key_view(&all), key_view(&end), false);
    if (rc == RC_OK) {
        struct key_reader r;
        rc = store_next(at, &key, NULL);
        if (rc == RC_OK && key_read(&r, key, SPACE))
            buf_str(prefix, r.rest);
        store_cursor_close(at);
    }
    key_release(&all);
    key_release(&end);
    return rc == RC_END ? RC_NONE : rc;
}

static enum rc forget_row(struct store *s, struct str prefix)
{
    struct key k;
    row_key(&k, prefix);
    enum rc rc = store_del(s, key_view(&k));
    key_release(&k);
    return rc;
}

/* One portion. */
static enum rc sweep_some(struct store *s)
{
    struct buf prefix;
    bool more = false;
    enum rc rc = store_scrap(s, &more);
    if (rc != RC_OK || more)
        return rc;
    buf_init(&prefix, STORE_KEY_MAX);
    rc = first_row(s, &prefix);
    if (rc == RC_OK && prefix.n) /* an empty one would mean everything: only damage can make it */
        rc = store_wipe_some(s, buf_view(&prefix), &more);
    if (rc == RC_OK && !more)
        rc = forget_row(s, buf_view(&prefix));
    buf_release(&prefix);
    return rc;
}

static void run(struct job *j)
{
    struct sweeper *s = list_of(j, struct sweeper, job);
    enum rc rc = sweep_some(s->world->store);
    s->more = rc == RC_OK;
    if (rc != RC_OK && rc != RC_NONE)
        log_error(s->world->log, "what was deleted cannot be swept: %s", rc_text(rc));
}

static void wake(struct sweeper *s)
{
    if (!s->queued)
        timer_set(s->world->timers, &s->timer, clock_now(&s->world->clock));
}

static void end(struct job *j, enum rc committed)
{
    struct sweeper *s = list_of(j, struct sweeper, job);
    s->queued = false;
    if (s->more && committed == RC_OK && !s->world->stopping)
        wake(s);
}

static void next_portion(struct timer *t)
{
    sweeper_start(list_of(t, struct sweeper, timer));
}

static void heard(struct note_listener *l, struct str arn)
{
    (void)arn;
    wake(list_of(l, struct sweeper, listener));
}

struct sweeper *sweeper_new(struct world *w)
{
    struct sweeper *s = xcalloc(1, sizeof(*s));
    s->world = w;
    s->listener.heard = heard;
    s->timer.fire = next_portion;
    s->timer.idle = true;
    s->job.run = run;
    s->job.end = end;
    note_listen(w, &s->listener, STR(SWEEP_ARN));
    return s;
}

void sweeper_start(struct sweeper *s)
{
    s->queued = true;
    turn_add(s->world->turn, &s->job);
}

void sweeper_free(struct sweeper *s)
{
    if (!s)
        return;
    timer_stop(s->world->timers, &s->timer);
    note_unlisten(s->world, &s->listener);
    free(s);
}
