#include "core/turn.h"
#include "core/loop.h"
#include <stdlib.h>

/* A turn is closed after so many jobs, and sockets are read again after so many jobs or turns, so that
 * neither a crowd that became due at once nor parts that keep giving each other work starve the rest. */
#define TURNS_IN_A_ROUND 64
#define JOBS_IN_A_TURN 256
#define JOBS_IN_A_ROUND 256

/* The store is tidied so long after a write: soon enough to keep its log short, late enough not to pay after
 * every turn. */
#define TIDY_AFTER_MS 50

struct turn {
    struct loop *loop;
    struct store *store;
    struct list waiting; /* struct job */
    struct list later;   /* those that wait for the next round */
    bool running;
    void (*begin)(void *), (*lost)(void *), (*after)(void *);
    void *arg;
    struct loop_timer *tidy; /* NULL without a loop */
    bool tidy_due;
};

static struct job *next_job(struct list *jobs)
{
    struct list *l = list_shift(jobs);
    return l ? list_of(l, struct job, link) : NULL;
}

static void hook(void (*f)(void *), void *arg)
{
    if (f)
        f(arg);
}

static void plan_tidy(struct turn *t)
{
    if (!t->tidy || t->tidy_due)
        return;
    t->tidy_due = true;
    loop_timer_set(t->tidy, TIDY_AFTER_MS, 0);
}

static void on_tidy(void *arg)
{
    struct turn *t = arg;
    t->tidy_due = false;
    if (store_tidy(t->store))
        plan_tidy(t);
}

/* Returns how many. */
static int run_jobs(struct turn *t, struct list *ran)
{
    struct job *j;
    int n = 0;
    for (; n < JOBS_IN_A_TURN && (j = next_job(&t->waiting)); n++) {
        list_push(ran, &j->link);
        j->run(j);
    }
    return n;
}

/* What was only read is given back without a commit. */
static enum rc end_transaction(struct turn *t)
{
    if (!store_dirty(t->store)) {
        store_rollback(t->store);
        return RC_OK;
    }
    plan_tidy(t);
    enum rc rc = store_commit(t->store);
    if (rc != RC_OK) {
        store_rollback(t->store);
        hook(t->lost, t->arg);
    }
    return rc;
}

/* Returns how many jobs it had. */
static int one_turn(struct turn *t)
{
    struct list ran;
    struct job *j;
    list_init(&ran);
    hook(t->begin, t->arg);
    int n = run_jobs(t, &ran);
    enum rc rc = end_transaction(t);
    while ((j = next_job(&ran)))
        j->end(j, rc);
    hook(t->after, t->arg);
    return n;
}

/* `round`: no more than a round of the loop should hold. */
static void run_turns(struct turn *t, bool round)
{
    int jobs = 0;
    if (t->running)
        BUG("a turn inside a turn");
    t->running = true;
    for (int n = 0; !list_empty(&t->waiting); n++) {
        if (round && (n == TURNS_IN_A_ROUND || jobs >= JOBS_IN_A_ROUND))
            break;
        jobs += one_turn(t);
    }
    t->running = false;
}

static void on_sleep(void *arg)
{
    struct turn *t = arg;
    list_join(&t->waiting, &t->later);
    run_turns(t, true);
}

static bool is_busy(void *arg)
{
    return !turn_idle(arg);
}

struct turn *turn_new(struct loop *loop, struct store *store)
{
    struct turn *t = xcalloc(1, sizeof(*t));
    list_init(&t->waiting);
    list_init(&t->later);
    t->loop = loop;
    t->store = store;
    if (loop) {
        t->tidy = loop_timer_new(loop, on_tidy, t);
        loop_before_sleep(loop, on_sleep, is_busy, t);
    }
    return t;
}

void turn_free(struct turn *t)
{
    if (!t)
        return;
    if (t->loop) {
        loop_forget(t->loop, t);
        loop_timer_free(t->tidy);
    }
    free(t);
}

void turn_hooks(struct turn *t, void (*begin)(void *), void (*lost)(void *), void (*after)(void *), void *arg)
{
    t->begin = begin;
    t->lost = lost;
    t->after = after;
    t->arg = arg;
}

static void add(struct list *to, struct job *j)
{
    if (j->link.next && j->link.next != &j->link)
        BUG("a job was added twice");
    list_push(to, &j->link);
}

void turn_add(struct turn *t, struct job *j)
{
    add(&t->waiting, j);
}

void turn_add_later(struct turn *t, struct job *j)
{
    add(&t->later, j);
}

void turn_run(struct turn *t)
{
    run_turns(t, false);
    while (!list_empty(&t->later)) {
        list_join(&t->waiting, &t->later);
        run_turns(t, false);
    }
}

bool turn_idle(const struct turn *t)
{
    return list_empty(&t->waiting) && list_empty(&t->later);
}
