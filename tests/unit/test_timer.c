/* Timers on the world's clock: in order, never too early, quiet while the clock stands. */
#include "base/list.h"
#include "core/loop.h"
#include "core/timer.h"
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct home {
    struct clock clock;
    struct timers *timers;
    char order[40];
};

struct alarm {
    struct timer timer;
    struct home *home;
    char name;
    struct alarm *stops;
    int64_t again; /* arms itself for this time, once */
};

static void fire(struct timer *t)
{
    struct alarm *a = list_of(t, struct alarm, timer);
    struct home *h = a->home;
    assert_false(timer_armed(t));
    h->order[strlen(h->order)] = a->name;
    if (a->stops)
        timer_stop(h->timers, &a->stops->timer);
    if (a->again)
        timer_set(h->timers, t, a->again);
    a->again = 0;
}

static struct alarm alarm_at(struct home *h, char name)
{
    return (struct alarm){.timer.fire = fire, .home = h, .name = name};
}

static struct home *home_new(struct loop *l)
{
    struct home *h = calloc(1, sizeof(*h));
    clock_init(&h->clock);
    clock_freeze(&h->clock);
    clock_set(&h->clock, 1000 * 1000);
    h->timers = timers_new(l, &h->clock);
    return h;
}

static void home_free(struct home *h)
{
    timers_free(h->timers);
    free(h);
}

static void set_ms(struct home *h, int64_t ms)
{
    clock_set(&h->clock, ms * 1000);
    timers_clock_changed(h->timers);
}

static void what_is_due_fires_in_order(void **state)
{
    (void)state;
    struct home *h = home_new(NULL);
    struct alarm a = alarm_at(h, 'a'), b = alarm_at(h, 'b'), c = alarm_at(h, 'c'), d = alarm_at(h, 'd');
    timer_set(h->timers, &c.timer, 3000);
    timer_set(h->timers, &a.timer, 2000);
    timer_set(h->timers, &b.timer, 2000);
    timer_set(h->timers, &d.timer, 9000);
    assert_int_equal(timers_fire(h->timers), 0);
    set_ms(h, 3000);
    assert_int_equal(timers_fire(h->timers), 3);
    assert_string_equal(h->order, "abc");
    assert_true(timer_armed(&d.timer));
    home_free(h);
}

static void timers_move_and_stop(void **state)
{
    (void)state;
    struct home *h = home_new(NULL);
    struct alarm a = alarm_at(h, 'a'), b = alarm_at(h, 'b');
    timer_set(h->timers, &a.timer, 2000);
    timer_set(h->timers, &b.timer, 3000);
    timer_set(h->timers, &a.timer, 4000);
    timer_stop(h->timers, &b.timer);
    timer_stop(h->timers, &b.timer);
    int64_t due;
    assert_true(timers_next(h->timers, false, &due));
    assert_int_equal(due, 4000);
    set_ms(h, 5000);
    timers_fire(h->timers);
    assert_string_equal(h->order, "a");
    assert_false(timers_next(h->timers, false, &due));
    home_free(h);
}

static void a_timer_may_stop_another_that_is_due(void **state)
{
    (void)state;
    struct home *h = home_new(NULL);
    struct alarm a = alarm_at(h, 'a'), b = alarm_at(h, 'b');
    a.stops = &b;
    timer_set(h->timers, &a.timer, 2000);
    timer_set(h->timers, &b.timer, 2000);
    set_ms(h, 2000);
    assert_int_equal(timers_fire(h->timers), 1);
    home_free(h);
}

static void a_timer_that_arms_itself_in_the_past_waits_for_the_next_time(void **state)
{
    (void)state;
    struct home *h = home_new(NULL);
    struct alarm a = alarm_at(h, 'a');
    a.again = 1500;
    timer_set(h->timers, &a.timer, 1000);
    set_ms(h, 2000);
    assert_int_equal(timers_fire(h->timers), 1);
    assert_int_equal(timers_fire(h->timers), 1);
    assert_int_equal(timers_fire(h->timers), 0);
    home_free(h);
}

struct crowd {
    struct timer timer;
    int *fired;
};

static void count_one(struct timer *t)
{
    ++*list_of(t, struct crowd, timer)->fired;
}

static void read_socket(void *arg)
{
    int *seen = arg;
    seen[1] = seen[0];
}

/* What waits in the loop beside a crowd of timers comes between them: here another timer of the loop itself.
 */
static void a_crowd_that_is_due_at_once_fires_in_several_rounds(void **state)
{
    (void)state;
    struct loop *l = loop_new();
    struct home *h = home_new(l);
    int seen[2] = {0};
    struct crowd *all = calloc(1000, sizeof(*all));
    for (int i = 0; i < 1000; i++) {
        all[i] = (struct crowd){.timer.fire = count_one, .fired = seen};
        timer_set(h->timers, &all[i].timer, 2000);
    }
    set_ms(h, 3000);
    struct loop_timer *other = loop_timer_new(l, read_socket, seen);
    for (int rounds = 0; seen[0] == 0 && rounds < 1000; rounds++)
        loop_once(l, 0);
    assert_int_equal(seen[0], TIMERS_AT_ONCE);
    loop_timer_set(other, 0, 0);
    for (int rounds = 0; seen[0] < 1000 && rounds < 1000; rounds++)
        loop_once(l, 0);
    assert_int_equal(seen[0], 1000);
    assert_in_range(seen[1], TIMERS_AT_ONCE, 2 * TIMERS_AT_ONCE);
    home_free(h);
    loop_timer_free(other);
    loop_free(l);
    free(all);
}

static void housekeeping_is_no_work(void **state)
{
    (void)state;
    struct home *h = home_new(NULL);
    struct alarm a = alarm_at(h, 'a'), b = alarm_at(h, 'b'), c = alarm_at(h, 'c');
    int64_t due;
    a.timer.idle = true;
    timer_set(h->timers, &a.timer, 2000);
    assert_false(timers_next(h->timers, true, &due));
    timer_set(h->timers, &b.timer, 5000);
    timer_set(h->timers, &c.timer, 4000);
    assert_true(timers_next(h->timers, true, &due));
    assert_int_equal(due, 4000);
    assert_true(timers_next(h->timers, false, &due));
    assert_int_equal(due, 2000);
    home_free(h);
}

static void the_loop_wakes_for_the_earliest(void **state)
{
    (void)state;
    struct loop *l = loop_new();
    struct home *h = home_new(l);
    struct alarm late = alarm_at(h, 'l'), early = alarm_at(h, 'e');
    clock_resume(&h->clock);
    timer_set(h->timers, &late.timer, clock_now(&h->clock) + 60000);
    loop_once(l, 0);
    int64_t due = clock_now(&h->clock) + 20;
    timer_set(h->timers, &early.timer, due);
    for (int i = 0; i < 100 && !h->order[0]; i++)
        loop_once(l, 50);
    assert_string_equal(h->order, "e");
    assert_true(clock_now(&h->clock) >= due);
    home_free(h);
    loop_free(l);
}

static void a_frozen_clock_sleeps_until_it_is_moved(void **state)
{
    (void)state;
    struct loop *l = loop_new();
    struct home *h = home_new(l);
    struct alarm a = alarm_at(h, 'a');
    timer_set(h->timers, &a.timer, 1010);
    loop_once(l, 30);
    loop_once(l, 30);
    assert_string_equal(h->order, "");
    set_ms(h, 1010);
    for (int i = 0; i < 100 && !h->order[0]; i++)
        loop_once(l, 10);
    assert_string_equal(h->order, "a");
    home_free(h);
    loop_free(l);
}

static void a_timer_set_in_the_past_fires_in_the_next_round_only(void **state)
{
    (void)state;
    struct loop *l = loop_new();
    struct home *h = home_new(l);
    struct alarm a = alarm_at(h, 'a');
    timer_set(h->timers, &a.timer, 1);
    assert_string_equal(h->order, "");
    for (int i = 0; i < 100 && !h->order[0]; i++)
        loop_once(l, 10);
    assert_string_equal(h->order, "a");
    home_free(h);
    loop_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_due_fires_in_order),
        cmocka_unit_test(timers_move_and_stop),
        cmocka_unit_test(a_timer_may_stop_another_that_is_due),
        cmocka_unit_test(a_timer_that_arms_itself_in_the_past_waits_for_the_next_time),
        cmocka_unit_test(a_crowd_that_is_due_at_once_fires_in_several_rounds),
        cmocka_unit_test(housekeeping_is_no_work),
        cmocka_unit_test(the_loop_wakes_for_the_earliest),
        cmocka_unit_test(a_frozen_clock_sleeps_until_it_is_moved),
        cmocka_unit_test(a_timer_set_in_the_past_fires_in_the_next_round_only),
    };
    return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}
