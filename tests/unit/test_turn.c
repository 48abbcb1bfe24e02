/* The turn: jobs that arrive together share one commit, and nothing is promised before it.
 *
 * The store here is a stand-in that counts, so that a commit can fail on demand. */
#include "core/loop.h"
#include "core/turn.h"
#include "store/store.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct store {
    bool dirty, broken;
    int commits, rollbacks, tidied;
    int tidy_times; /* so often there is something to do */
};

bool store_dirty(const struct store *s)
{
    return s->dirty;
}

enum rc store_commit(struct store *s)
{
    if (s->broken)
        return RC_IO;
    s->commits++;
    s->dirty = false;
    return RC_OK;
}

void store_rollback(struct store *s)
{
    s->rollbacks++;
    s->dirty = false;
}

bool store_tidy(struct store *s)
{
    return ++s->tidied < s->tidy_times;
}

/* --- jobs that write down what happens to them */

struct home {
    struct store store;
    struct turn *turn;
    struct loop *loop;
    char story[400];
    int again;
};

struct step {
    struct job job;
    struct home *home;
    const char *name;
    bool writes;
    struct step *adds_running, *adds_ending;
};

static void tell(struct home *h, const char *what, const char *name)
{
    size_t n = strlen(h->story);
    snprintf(h->story + n, sizeof(h->story) - n, "%s%s ", what, name);
}

static void run(struct job *j)
{
    struct step *s = list_of(j, struct step, job);
    tell(s->home, "run:", s->name);
    s->home->store.dirty |= s->writes;
    if (s->adds_running)
        turn_add(s->home->turn, &s->adds_running->job);
}

static void end(struct job *j, enum rc committed)
{
    struct step *s = list_of(j, struct step, job);
    tell(s->home, committed == RC_OK ? "end:" : "lost:", s->name);
    if (s->adds_ending)
        turn_add(s->home->turn, &s->adds_ending->job);
}

static void on_begin(void *arg)
{
    tell(arg, "begin", "");
}

static void on_lost(void *arg)
{
    tell(arg, "drop", "");
}

static void on_after(void *arg)
{
    tell(arg, "after", "");
}

static struct step step(struct home *h, const char *name, bool writes)
{
    return (struct step){.job = {.run = run, .end = end}, .home = h, .name = name, .writes = writes};
}

static struct home *home_new(bool with_loop)
{
    struct home *h = calloc(1, sizeof(*h));
    h->loop = with_loop ? loop_new() : NULL;
    h->turn = turn_new(h->loop, &h->store);
    turn_hooks(h->turn, on_begin, on_lost, on_after, h);
    return h;
}

static void home_free(struct home *h)
{
    turn_free(h->turn);
    loop_free(h->loop);
    free(h);
}

/* --- tests */

static void jobs_of_a_turn_share_one_commit(void **state)
{
    (void)state;
    struct home *h = home_new(false);
    struct step a = step(h, "a", true), b = step(h, "b", true);
    turn_add(h->turn, &a.job);
    turn_add(h->turn, &b.job);
    assert_false(turn_idle(h->turn));
    turn_run(h->turn);
    assert_string_equal(h->story, "begin run:a run:b end:a end:b after ");
    assert_int_equal(h->store.commits, 1);
    assert_true(turn_idle(h->turn));
    home_free(h);
}

static void looks_idle(void *arg)
{
    struct home *h = arg;
    tell(h, turn_idle(h->turn) ? "idle" : "busy", "");
}

/* Who waits for the world to be quiet looks there. */
static void the_hook_after_a_turn_sees_whether_more_waits(void **state)
{
    (void)state;
    struct home *h = home_new(false);
    struct step b = step(h, "b", false), a = step(h, "a", false);
    a.adds_ending = &b;
    turn_hooks(h->turn, NULL, NULL, looks_idle, h);
    turn_add(h->turn, &a.job);
    turn_run(h->turn);
    assert_string_equal(h->story, "run:a end:a busy run:b end:b idle ");
    home_free(h);
}

static void reading_alone_commits_nothing(void **state)
{
    (void)state;
    struct home *h = home_new(false);
    struct step a = step(h, "a", false);
    turn_add(h->turn, &a.job);
    turn_run(h->turn);
    assert_int_equal(h->store.commits, 0);
    assert_int_equal(h->store.rollbacks, 1);
    assert_string_equal(h->story, "begin run:a end:a after ");
    home_free(h);
}

static void what_a_job_adds_joins_its_turn_and_what_an_end_adds_makes_the_next(void **state)
{
    (void)state;
    struct home *h = home_new(false);
    struct step c = step(h, "c", true), b = step(h, "b", true), a = step(h, "a", true);
    a.adds_running = &b;
    b.adds_ending = &c;
    turn_add(h->turn, &a.job);
    turn_run(h->turn);
    assert_string_equal(h->story, "begin run:a run:b end:a end:b after begin run:c end:c after ");
    assert_int_equal(h->store.commits, 2);
    home_free(h);
}

static void a_job_may_be_added_again_from_its_end(void **state)
{
    (void)state;
    struct home *h = home_new(false);
    struct step a = step(h, "a", false), b = step(h, "b", false);
    a.adds_ending = &b;
    turn_add(h->turn, &a.job);
    turn_run(h->turn);
    turn_add(h->turn, &a.job);
    a.adds_ending = NULL;
    turn_run(h->turn);
    assert_string_equal(h->story, "begin run:a end:a after begin run:b end:b after begin run:a end:a after ");
    home_free(h);
}

static void a_failed_commit_is_told_to_all_and_the_models_dropped_first(void **state)
{
    (void)state;
    struct home *h = home_new(false);
    struct step a = step(h, "a", true), b = step(h, "b", false);
    h->store.broken = true;
    turn_add(h->turn, &a.job);
    turn_add(h->turn, &b.job);
    turn_run(h->turn);
    assert_string_equal(h->story, "begin run:a run:b drop lost:a lost:b after ");
    assert_int_equal(h->store.commits, 0);
    assert_int_equal(h->store.rollbacks, 1);
    home_free(h);
}

static void the_loop_runs_turns_and_tidies_the_store_later(void **state)
{
    (void)state;
    struct home *h = home_new(true);
    struct step a = step(h, "a", true);
    turn_add(h->turn, &a.job);
    loop_once(h->loop, 0);
    assert_string_equal(h->story, "begin run:a end:a after ");
    assert_int_equal(h->store.tidied, 0);
    for (int i = 0; i < 100 && h->store.tidied == 0; i++)
        loop_once(h->loop, 10);
    assert_int_equal(h->store.tidied, 1);
    loop_once(h->loop, 100);
    assert_int_equal(h->store.tidied, 1); /* once a write, not for ever */
    struct step b = step(h, "b", true);
    h->store.tidied = 0, h->store.tidy_times = 3;
    turn_add(h->turn, &b.job);
    for (int i = 0; i < 1000 && h->store.tidied < 3; i++)
        loop_once(h->loop, 100);
    loop_once(h->loop, 100);
    assert_int_equal(h->store.tidied, 3); /* and on, as long as there is something to do */
    home_free(h);
}

/* Two jobs that add each other for ever. */
static void run_ping(struct job *j)
{
    (void)j;
}

static void end_ping(struct job *j, enum rc committed)
{
    (void)committed;
    struct step *s = list_of(j, struct step, job);
    s->home->again++;
    turn_add(s->home->turn, j);
}

static void count(void *arg)
{
    (*(int *)arg)++;
}

static void endless_work_does_not_starve_the_loop(void **state)
{
    (void)state;
    struct home *h = home_new(true);
    struct step ping = step(h, "ping", false);
    int fired = 0;
    turn_hooks(h->turn, NULL, NULL, NULL, NULL);
    ping.job = (struct job){.run = run_ping, .end = end_ping};
    turn_add(h->turn, &ping.job);
    struct loop_timer *t = loop_timer_new(h->loop, count, &fired);
    loop_timer_set(t, 1, 1);
    for (int i = 0; i < 100000 && fired < 3; i++)
        loop_once(h->loop, 1000); /* does not sleep: work waits */
    assert_true(fired >= 3);
    assert_true(h->again > 64);
    loop_timer_free(t);
    home_free(h);
}

struct counted {
    struct job job;
    int *ran;
};

static void run_counted(struct job *j)
{
    ++*list_of(j, struct counted, job)->ran;
}

static void end_counted(struct job *j, enum rc committed)
{
    (void)j;
    assert_int_equal(committed, RC_OK);
}

/* loop_once runs the hooks of a round, and once more what its poll has brought. */
static void a_crowd_of_jobs_takes_several_rounds(void **state)
{
    (void)state;
    struct home *h = home_new(true);
    int ran = 0;
    struct counted *all = calloc(2000, sizeof(*all));
    turn_hooks(h->turn, NULL, NULL, NULL, NULL);
    for (int i = 0; i < 2000; i++) {
        all[i] = (struct counted){.job = {.run = run_counted, .end = end_counted}, .ran = &ran};
        turn_add(h->turn, &all[i].job);
    }
    loop_once(h->loop, 0);
    assert_in_range(ran, 1, 600);
    for (int rounds = 0; ran < 2000 && rounds < 1000; rounds++)
        loop_once(h->loop, 0);
    assert_int_equal(ran, 2000);
    home_free(h);
    free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_of_a_turn_share_one_commit),
        cmocka_unit_test(the_hook_after_a_turn_sees_whether_more_waits),
        cmocka_unit_test(reading_alone_commits_nothing),
        cmocka_unit_test(what_a_job_adds_joins_its_turn_and_what_an_end_adds_makes_the_next),
        cmocka_unit_test(a_crowd_of_jobs_takes_several_rounds),
        cmocka_unit_test(a_job_may_be_added_again_from_its_end),
        cmocka_unit_test(a_failed_commit_is_told_to_all_and_the_models_dropped_first),
        cmocka_unit_test(the_loop_runs_turns_and_tidies_the_store_later),
        cmocka_unit_test(endless_work_does_not_starve_the_loop),
    };
    return cmocka_run_group_tests_name("turn", tests, NULL, NULL);
}
