/* Rewound: the clock is set back.  What waits for a span goes on waiting for the rest of it, what goes by the
 * calendar is planned anew, what cannot be helped is named. */
#include "bus/bus.h"
#include "control/control.h"
#include "events/events.h"
#include "room.h"
#include "sqs/sqs.h"

#define QUEUE "http://localhost:4566/000000000000/jobs"
#define QUEUE_ARN "arn:aws:sqs:us-east-1:000000000000:jobs"

static struct {
    int times;
    bool fails;
} invoked;

static enum op_end invoke(struct call *c, const void *in)
{
    (void)in;
    invoked.times++;
    return invoked.fails ? call_fail(c, &fault_internal, NULL) : OP_DONE;
}

static const struct op_row invoke_row = {.name = "Invoke", .run = invoke, .flags = OP_DELIVERS};
static const struct op_row *const function_ops[] = {&invoke_row, NULL};
static const struct service functions = {.name = "lambda", .ops = function_ops};

/* A template with one rule, which a reset deploys again. */
static enum op_end deploy(struct call *c, const void *in)
{
    (void)in;
    struct call *k = door_open(c->world, c, "events", "PutRule");
    k->in = cJSON_Parse("{\"Name\":\"tick\",\"ScheduleExpression\":\"rate(1 hour)\"}");
    assert_true(door_call(k));
    call_free(k);
    return OP_DONE;
}

static const struct op_row deploy_row = {.name = "Deploy", .run = deploy};
static const struct op_row *const template_ops[] = {&deploy_row, NULL};
static const struct service template = {.name = "template", .ops = template_ops};

static const struct service *const services[] = {&control_service,  &sqs_service, &functions, &events_service,
                                                 &bus_push_service, &template,    NULL};

static int setup(void **state)
{
    memset(&invoked, 0, sizeof(invoked));
    *state = room_new(services);
    return 0;
}

static const cJSON *set_clock(struct room *r, const char *to)
{
    return ask(r, "tidepool", "Clock", "{'action':'set','value':'%s'}", to);
}

static void rule(struct room *r, const char *schedule)
{
    ask(r, "events", "PutRule", "{'Name':'tick','ScheduleExpression':'%s'}", schedule);
    ask(r, "events", "PutTargets",
        "{'Rule':'tick','Targets':[{'Id':'f','Arn':'arn:aws:lambda:us-east-1:000000000000:function:f'}]}");
}

static void a_rate_goes_on_in_its_steps(void **state)
{
    rule(*state, "rate(1 hour)"); /* at 12:00 */
    set_clock(*state, "2025-06-01T08:30:00Z");
    room_advance(*state, 30 * 60000 - 1);
    assert_int_equal(invoked.times, 0);
    room_advance(*state, 1);
    assert_int_equal(invoked.times, 1);
    room_advance(*state, 3600000);
    assert_int_equal(invoked.times, 2);
}

static void a_cron_rule_that_was_over_has_a_next_time_again(void **state)
{
    rule(*state, "cron(0 12 * * ? 2025)");
    room_advance(*state, 24 * 3600000);
    set_clock(*state, "2025-06-01T08:30:00Z");
    room_advance(*state, (3 * 60 + 30) * 60000);
    assert_int_equal(invoked.times, 1);
}

static void a_rule_that_a_reset_deploys_counts_from_the_clock_after_it(void **state)
{
    struct room *r = *state;
    int64_t due;
    set_clock(r, "2100-01-01");
    ask(r, "tidepool", "Reset", "{}");
    timers_fire(r->world->timers); /* rules are read again */
    assert_true(timers_next(r->world->timers, true, &due));
    assert_in_range(due - clock_now(&r->world->clock), 1, 3600000);
}

static void note_end(struct call *c)
{
    *(bool *)c->asker = true;
}

static void a_long_poll_ends_after_its_seconds(void **state)
{
    struct room *r = *state;
    bool ended = false;
    ask(r, "sqs", "CreateQueue", "{'QueueName':'jobs'}");
    struct call *c = door_open(r->world, NULL, "sqs", "ReceiveMessage");
    c->in = cJSON_Parse("{\"QueueUrl\":\"" QUEUE "\",\"WaitTimeSeconds\":20}");
    c->on_end = note_end;
    c->asker = &ended;
    door_submit(c);
    turn_run(r->world->turn);
    room_advance(r, 5000);
    set_clock(r, "2025-06-01");
    room_advance(r, 14999);
    assert_false(ended);
    room_advance(r, 1);
    assert_true(ended);
    assert_null(c->fault);
    call_free(c);
}

static void messages_that_stay_invisible_are_named(void **state)
{
    struct room *r = *state;
    ask(r, "sqs", "CreateQueue", "{'QueueName':'jobs'}");
    ask(r, "sqs", "SendMessage", "{'QueueUrl':'" QUEUE "','MessageBody':'late','DelaySeconds':60}");
    ask(r, "sqs", "SendMessage", "{'QueueUrl':'" QUEUE "','MessageBody':'now'}");
    ask(r, "sqs", "ReceiveMessage", "{'QueueUrl':'" QUEUE "'}");
    const cJSON *out = set_clock(r, "2025-06-01");
    assert_int_equal(count_at(out, "ahead"), 1);
    assert_string_equal(text_at(out, "ahead.0.at"), "2026-01-01T12:00:30.000Z");
    assert_string_equal(text_at(out, "ahead.0.of"), QUEUE_ARN);
    assert_int_equal(cJSON_GetNumberValue(at(out, "ahead.0.count")), 2);
    assert_true(cJSON_IsFalse(at(out, "ahead.0.more")));
    out = set_clock(r, "2027-06-01");
    assert_null(at(out, "ahead"));
}

static void deliveries_that_wait_for_a_try_of_before_are_named(void **state)
{
    struct room *r = *state;
    rule(r, "rate(1 hour)");
    invoked.fails = true;
    room_advance(r, 3600000);
    assert_int_equal(invoked.times, 1);
    const cJSON *out = set_clock(r, "2025-06-01");
    assert_int_equal(count_at(out, "ahead"), 1);
    assert_string_equal(text_at(out, "ahead.0.of"), "the outbox");
    assert_string_equal(text_at(out, "ahead.0.at"), "2026-01-01T13:00:01.000Z");
}

/* While somebody advances, another sets the clock back: the rest of the span is still as long. */
static void an_advance_goes_only_as_far_on_as_was_asked_for(void **state)
{
    struct room *r = *state;
    bool ended = false;
    struct call *c = door_open(r->world, NULL, "tidepool", "Clock");
    c->in = cJSON_Parse("{\"action\":\"advance\",\"value\":\"1h\"}");
    c->on_end = note_end;
    c->asker = &ended;
    r->world->busy++; /* something runs, so it waits */
    door_submit(c);
    turn_run(r->world->turn);
    set_clock(r, "2025-06-01T08:00:00Z");
    assert_false(ended);
    r->world->busy--;
    ask(r, "tidepool", "Health", "{}");
    turn_run(r->world->turn);
    assert_true(ended);
    assert_string_equal(text_at(c->out, "now"), "2025-06-01T09:00:00.000Z");
    call_free(c);
}

int main(void)
{
#define REWIND_TEST(f) cmocka_unit_test_setup_teardown(f, setup, room_teardown)
    const struct CMUnitTest tests[] = {
        REWIND_TEST(a_rate_goes_on_in_its_steps),
        REWIND_TEST(a_cron_rule_that_was_over_has_a_next_time_again),
        REWIND_TEST(a_rule_that_a_reset_deploys_counts_from_the_clock_after_it),
        REWIND_TEST(a_long_poll_ends_after_its_seconds),
        REWIND_TEST(messages_that_stay_invisible_are_named),
        REWIND_TEST(deliveries_that_wait_for_a_try_of_before_are_named),
        REWIND_TEST(an_advance_goes_only_as_far_on_as_was_asked_for),
    };
    return cmocka_run_group_tests_name("rewind", tests, NULL, NULL);
}
