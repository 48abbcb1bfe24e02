#include "core/loop.h"
#include "base/list.h"
#include "base/rc.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <uv.h>

/*  one round:   libuv's timers -> WORK hooks -> FLUSH hooks -> poll (sleep, read) -> next round
 *
 * The hooks run in libuv's prepare phase, which is the last moment before the sleep: what the poll has read
 * and what timers have fired lies waiting there together, so both join the same turn.  While a hook says it
 * is busy, an idle handle is active, which makes libuv poll without sleeping. */

struct hook {
    struct list link;
    void (*run)(void *); /* NULL: forgotten, and freed before the hooks run again */
    bool (*busy)(void *);
    void *arg;
};

struct loop {
    uv_loop_t uv;
    uv_prepare_t prepare;
    uv_idle_t awake;
    uv_timer_t limit;        /* of loop_once */
    struct list work, flush; /* struct hook */
    struct list things;      /* struct thing: what loop_free still has to close */
};

/* A libuv handle of our own: timer, signal or watch; freed in its close callback. */
struct thing {
    struct list link;
    struct loop *loop;
    void (*fire)(void *);
    void (*on_signal)(void *, int signum);
    void (*on_change)(void *, const char *name);
    void *arg;
    union {
        uv_handle_t handle;
        uv_timer_t timer;
        uv_signal_t signal;
        uv_fs_event_t watch;
    } uv;
};

struct loop_timer {
    struct thing t;
};

struct loop_watch {
    struct thing t;
};

static void nothing(uv_idle_t *idle)
{
    (void)idle;
}

static void sweep(struct list *hooks)
{
    struct list *at, *tmp;
    list_each_safe (at, tmp, hooks) {
        struct hook *h = list_of(at, struct hook, link);
        if (h->run)
            continue;
        list_del(at);
        free(h);
    }
}

static void run_all(struct list *hooks)
{
    struct list *at;
    sweep(hooks);
    list_each (at, hooks) {
        struct hook *h = list_of(at, struct hook, link);
        if (h->run)
            h->run(h->arg);
    }
}

static void run_hooks(struct loop *l)
{
    run_all(&l->work);
    run_all(&l->flush);
}

static bool is_busy(struct loop *l)
{
    struct list *at;
    list_each (at, &l->work) {
        struct hook *h = list_of(at, struct hook, link);
        if (h->run && h->busy && h->busy(h->arg))
            return true;
    }
    return false;
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct loop *l = prepare->data;
    run_hooks(l);
    if (is_busy(l))
        uv_idle_start(&l->awake, nothing);
    else
        uv_idle_stop(&l->awake);
}

/* The usual soft limit of 1,024 descriptors is for programs that use select: connections and workers want
 * more. */
static void raise_file_limit(void)
{
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur == r.rlim_max)
        return;
    r.rlim_cur = r.rlim_max;
    setrlimit(RLIMIT_NOFILE, &r);
}

int64_t loop_file_limit(void)
{
    struct rlimit r;
    return getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < INT32_MAX ? (int64_t)r.rlim_cur : INT32_MAX;
}

struct loop *loop_new(void)
{
    raise_file_limit();
    struct loop *l = xcalloc(1, sizeof(*l));
    list_init(&l->work);
    list_init(&l->flush);
    list_init(&l->things);
    if (uv_loop_init(&l->uv) != 0)
        BUG("no event loop");
    uv_prepare_init(&l->uv, &l->prepare);
    uv_idle_init(&l->uv, &l->awake);
    uv_timer_init(&l->uv, &l->limit);
    l->prepare.data = l;
    uv_prepare_start(&l->prepare, on_prepare);
    signal(SIGPIPE, SIG_IGN); /* a peer that went away is an error of write, not our end */
    return l;
}

static void free_hooks(struct list *hooks)
{
    struct list *at;
    while ((at = list_shift(hooks)))
        free(list_of(at, struct hook, link));
}

static void on_thing_closed(uv_handle_t *h)
{
    free(h->data);
}

static void thing_close(struct thing *t)
{
    list_del(&t->link);
    uv_close(&t->uv.handle, on_thing_closed);
}

static void must_be_closing(uv_handle_t *h, void *arg)
{
    (void)arg;
    if (!uv_is_closing(h))
        BUG("the loop is freed while a %s of somebody else's is open", uv_handle_type_name(h->type));
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    struct list *at;
    free_hooks(&l->work);
    free_hooks(&l->flush);
    while (!list_empty(&l->things)) {
        at = l->things.next;
        thing_close(list_of(at, struct thing, link));
    }
    uv_close((uv_handle_t *)&l->prepare, NULL);
    uv_close((uv_handle_t *)&l->awake, NULL);
    uv_close((uv_handle_t *)&l->limit, NULL);
    uv_walk(&l->uv, must_be_closing, NULL);
    uv_run(&l->uv, UV_RUN_DEFAULT); /* the close callbacks */
    uv_loop_close(&l->uv);
    free(l);
}

void loop_run(struct loop *l)
{
    uv_run(&l->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *l)
{
    uv_stop(&l->uv);
}

static void wake(uv_timer_t *limit)
{
    (void)limit;
}

void loop_once(struct loop *l, int ms)
{
    uv_update_time(&l->uv);
    if (ms > 0)
        uv_timer_start(&l->limit, wake, (uint64_t)ms, 0);
    uv_run(&l->uv, ms > 0 ? UV_RUN_ONCE : UV_RUN_NOWAIT);
    uv_timer_stop(&l->limit);
    run_hooks(l); /* what the poll has just read */
}

void *loop_uv(struct loop *l)
{
    return &l->uv;
}

static struct thing *thing_new(struct loop *l, size_t size, void *arg)
{
    struct thing *t = xcalloc(1, size);
    t->loop = l;
    t->arg = arg;
    t->uv.handle.data = t;
    list_push(&l->things, &t->link);
    return t;
}

static void on_timer(uv_timer_t *timer)
{
    struct thing *t = timer->data;
    t->fire(t->arg);
}

struct loop_timer *loop_timer_new(struct loop *l, void (*fire)(void *), void *arg)
{
    struct loop_timer *t = (struct loop_timer *)thing_new(l, sizeof(*t), arg);
    t->t.fire = fire;
    uv_timer_init(&l->uv, &t->t.uv.timer);
    return t;
}

void loop_timer_set(struct loop_timer *t, int64_t ms, int64_t repeat_ms)
{
    /* libuv counts from the time it cached when the round began; a long turn must not make timers early. */
    uv_update_time(&t->t.loop->uv);
    uv_timer_start(&t->t.uv.timer, on_timer, ms > 0 ? (uint64_t)ms : 0,
                   repeat_ms > 0 ? (uint64_t)repeat_ms : 0);
}

void loop_timer_stop(struct loop_timer *t)
{
    uv_timer_stop(&t->t.uv.timer);
}

void loop_timer_free(struct loop_timer *t)
{
    if (t)
        thing_close(&t->t);
}

static void on_signal(uv_signal_t *signal, int signum)
{
    struct thing *t = signal->data;
    t->on_signal(t->arg, signum);
}

void loop_on_signal(struct loop *l, int signum, void (*fire)(void *, int signum), void *arg)
{
    struct thing *t = thing_new(l, sizeof(*t), arg);
    t->on_signal = fire;
    uv_signal_init(&l->uv, &t->uv.signal);
    uv_signal_start(&t->uv.signal, on_signal, signum);
}

static void on_change(uv_fs_event_t *watch, const char *name, int events, int status)
{
    (void)events;
    struct thing *t = watch->data;
    if (status == 0)
        t->on_change(t->arg, name ? name : "");
}

struct loop_watch *loop_watch_new(struct loop *l, const char *path, void (*fire)(void *, const char *name),
                                  void *arg)
{
    struct loop_watch *w = (struct loop_watch *)thing_new(l, sizeof(*w), arg);
    w->t.on_change = fire;
    uv_fs_event_init(&l->uv, &w->t.uv.watch);
    if (uv_fs_event_start(&w->t.uv.watch, on_change, path, 0) != 0) {
        thing_close(&w->t);
        return NULL;
    }
    return w;
}

void loop_watch_free(struct loop_watch *w)
{
    if (w)
        thing_close(&w->t);
}

static void add_hook(struct list *hooks, void (*run)(void *), bool (*busy)(void *), void *arg)
{
    struct hook *h = xcalloc(1, sizeof(*h));
    h->run = run;
    h->busy = busy;
    h->arg = arg;
    list_push(hooks, &h->link);
}

void loop_before_sleep(struct loop *l, void (*run)(void *), bool (*busy)(void *), void *arg)
{
    add_hook(&l->work, run, busy, arg);
}

void loop_flush(struct loop *l, void (*run)(void *), void *arg)
{
    add_hook(&l->flush, run, NULL, arg);
}

static void forget_in(struct list *hooks, const void *arg)
{
    struct list *at;
    list_each (at, hooks) {
        struct hook *h = list_of(at, struct hook, link);
        if (h->arg == arg)
            h->run = NULL;
    }
}

void loop_forget(struct loop *l, const void *arg)
{
    forget_in(&l->work, arg);
    forget_in(&l->flush, arg);
}
