/* The control room: a clock that is moved through what is due, and a stream that can be read on. */
#include "control/control.h"
#include "core/timer.h"
#include "door/trace.h"
#include "room.h"

static const struct service *const services[] = {&control_service, NULL};

static int setup(void **state)
{
    *state = room_new(services);
    return 0;
}

/* Something that falls due every ten seconds and says when. */
struct ticks {
    struct timer timer;
    struct world *world;
    int64_t at[8];
    int n;
};

static void tick(struct timer *t)
{
    struct ticks *k = list_of(t, struct ticks, timer);
    k->at[k->n++] = clock_now(&k->world->clock);
    if (k->n < 8)
        timer_set(k->world->timers, t, t->node.due + 10000);
}

static void start_ticks(struct ticks *k, struct world *w)
{
    *k = (struct ticks){.timer.fire = tick, .world = w};
    timer_set(w->timers, &k->timer, ROOM_NOON + 10000);
}

static void test_health_names_what_runs(void **state)
{
    const cJSON *out = ask(*state, "tidepool", "Health", "{}");
    assert_string_equal(text_at(out, "status"), "running");
    assert_int_equal(cJSON_GetObjectItem(out, "inFlight")->valuedouble, 0);
}

static void test_clock_is_shown_set_and_frozen(void **state)
{
    const cJSON *out = ask(*state, "tidepool", "Clock", "{'action':'set','value':'2030-01-01T00:00:00Z'}");
    assert_string_equal(text_at(out, "now"), "2030-01-01T00:00:00.000Z");
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(out, "frozen")));
    out = ask(*state, "tidepool", "Clock", "{'action':'speed','value':'60'}");
    assert_int_equal((int)cJSON_GetObjectItem(out, "speed")->valuedouble, 60);
}

static void test_advance_stops_at_all_that_is_due(void **state)
{
    struct room *r = *state;
    struct ticks k;
    start_ticks(&k, r->world);
    const cJSON *out = ask(r, "tidepool", "Clock", "{'action':'advance','value':'35s'}");
    assert_string_equal(text_at(out, "now"), "2026-01-01T12:00:35.000Z");
    assert_int_equal(k.n, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(k.at[i], ROOM_NOON + 10000 * (i + 1));
    timer_stop(r->world->timers, &k.timer);
}

static void test_settle_goes_no_further_than_it_must(void **state)
{
    struct room *r = *state;
    struct ticks k;
    start_ticks(&k, r->world);
    ask(r, "tidepool", "Settle", "{}");
    assert_int_equal(k.n, 0);
    const cJSON *out = ask(r, "tidepool", "Settle", "{'horizon':'25s'}");
    assert_int_equal(k.n, 2);
    assert_string_equal(text_at(out, "now"), "2026-01-01T12:00:20.000Z"); /* the last that was due */
    timer_stop(r->world->timers, &k.timer);
}

static void test_stream_is_read_on(void **state)
{
    struct room *r = *state;
    struct trace_event e = {.kind = TRACE_LOG, .id = STR("i1"), .what = STR("hello"), .detail = STR("line")};
    trace_add(r->world, &e);
    const cJSON *out = ask(r, "tidepool", "Logs", "{'function':'hello'}");
    assert_int_equal(count_at(out, "events"), 1);
    out = ask(r, "tidepool", "Trace", "{'after':1000}");
    assert_int_equal(count_at(out, "events"), 0);
}

static void test_reset_empties_the_store_and_the_real_time_returns(void **state)
{
    struct room *r = *state;
    assert_int_equal(store_put(r->world->store, STR("k"), STR("v")), RC_OK);
    ask(r, "tidepool", "Reset", "{}");
    assert_int_equal(store_get(r->world->store, STR("k"), NULL), RC_NONE);
    store_rollback(r->world->store);
    assert_false(r->world->clock.frozen);
}

static void test_what_is_not_a_time_is_refused(void **state)
{
    refused(*state, "BadRequest", "tidepool", "Clock", "{'action':'advance','value':'soon'}");
    refused(*state, "BadRequest", "tidepool", "Clock", "{'action':'advance','value':'3000000d'}");
    refused(*state, "BadRequest", "tidepool", "Clock",
            "{'action':'advance','value':'9223372036854775807ms'}");
    refused(*state, "BadRequest", "tidepool", "Settle", "{'horizon':'9223372036854775807ms'}");
    refused(*state, "BadRequest", "tidepool", "Clock", "{'action':'set','value':'253402300800'}");
    refused(*state, "BadRequest", "tidepool", "Clock", "{'action':'freeze','value':'15m'}");
    refused(*state, "NotFound", "tidepool", "Why", "{'id':'nobody'}");
}

int main(void)
{
#define CONTROL_TEST(f) cmocka_unit_test_setup_teardown(f, setup, room_teardown)
    const struct CMUnitTest tests[] = {
        CONTROL_TEST(test_health_names_what_runs),
        CONTROL_TEST(test_clock_is_shown_set_and_frozen),
        CONTROL_TEST(test_advance_stops_at_all_that_is_due),
        CONTROL_TEST(test_settle_goes_no_further_than_it_must),
        CONTROL_TEST(test_stream_is_read_on),
        CONTROL_TEST(test_reset_empties_the_store_and_the_real_time_returns),
        CONTROL_TEST(test_what_is_not_a_time_is_refused),
    };
    return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
