/* Rules on a schedule, with the real pusher and a real queue behind them, and a function that counts its
 * events. */
#include "bus/bus.h"
#include "events/events.h"
#include "room.h"
#include "sqs/sqs.h"
#include <unistd.h>

#define RULE_ARN "arn:aws:events:us-east-1:000000000000:rule/tick"
#define FUNCTION "arn:aws:lambda:us-east-1:000000000000:function:report"
#define QUEUE "arn:aws:sqs:us-east-1:000000000000:ticks"

static struct {
    int times;
    char event[1024], type[32];
} invoked;

static enum op_end invoke(struct call *c, const void *in)
{
    (void)in;
    invoked.times++;
    str_copy(c->payload, invoked.event, sizeof(invoked.event));
    snprintf(invoked.type, sizeof(invoked.type), "%s", text_at(c->in, "InvocationType"));
    return OP_DONE;
}

static const struct op_row invoke_row = {.name = "Invoke", .run = invoke, .flags = OP_DELIVERS};
static const struct op_row *const function_ops[] = {&invoke_row, NULL};
static const struct service functions = {.name = "lambda", .ops = function_ops};
static const struct service *const services[] = {&sqs_service, &functions, &events_service, &bus_push_service,
                                                 NULL};

static int setup(void **state)
{
    memset(&invoked, 0, sizeof(invoked));
    *state = room_new(services);
    return 0;
}

static void tick(struct room *r, const char *schedule)
{
    const cJSON *rule = ask(r, "events", "PutRule", "{'Name':'tick','ScheduleExpression':'%s'}", schedule);
    assert_string_equal(text_at(rule, "RuleArn"), RULE_ARN);
    const cJSON *put =
        ask(r, "events", "PutTargets", "{'Rule':'tick','Targets':[{'Id':'f','Arn':'" FUNCTION "'}]}");
    assert_int_equal(cJSON_GetNumberValue(at(put, "FailedEntryCount")), 0);
}

static void a_rate_invokes_its_function_each_time(void **state)
{
    struct room *r = *state;
    tick(r, "rate(5 minutes)");
    room_advance(r, 299999);
    assert_int_equal(invoked.times, 0);
    room_advance(r, 1);
    assert_int_equal(invoked.times, 1);
    assert_string_equal(invoked.type, "Event");
    cJSON *event = cJSON_Parse(invoked.event);
    assert_string_equal(text_at(event, "source"), "aws.events");
    assert_string_equal(text_at(event, "detail-type"), "Scheduled Event");
    assert_string_equal(text_at(event, "time"), "2026-01-01T12:05:00Z");
    assert_string_equal(text_at(event, "resources.0"), RULE_ARN);
    assert_int_equal(count_at(event, "detail"), 0);
    cJSON_Delete(event);
    room_advance(r, 300000);
    assert_int_equal(invoked.times, 2);
}

static void a_cron_rule_keeps_its_hours(void **state)
{
    struct room *r = *state;
    tick(r, "cron(30 12 * * ? *)");
    room_advance(r, 30 * 60000);
    assert_int_equal(invoked.times, 1);
    room_advance(r, 24 * 3600000 - 1);
    assert_int_equal(invoked.times, 1);
    room_advance(r, 1);
    assert_int_equal(invoked.times, 2);
}

static void a_target_may_have_its_own_input_and_be_a_queue(void **state)
{
    struct room *r = *state;
    ask(r, "sqs", "CreateQueue", "{'QueueName':'ticks'}");
    tick(r, "rate(1 minute)");
    ask(r, "events", "PutTargets",
        "{'Rule':'tick','Targets':[{'Id':'q','Arn':'" QUEUE "','Input':'{\\'n\\':1}'}]}");
    room_advance(r, 60000);
    assert_int_equal(invoked.times, 1);
    const cJSON *got =
        ask(r, "sqs", "ReceiveMessage", "{'QueueUrl':'http://localhost:4566/000000000000/ticks'}");
    assert_string_equal(text_at(got, "Messages.0.Body"), "{\"n\":1}");
}

static void disabled_and_deleted_rules_are_quiet(void **state)
{
    struct room *r = *state;
    tick(r, "rate(1 minute)");
    ask(r, "events", "DisableRule", "{'Name':'tick'}");
    room_advance(r, 60000);
    assert_int_equal(invoked.times, 0);
    ask(r, "events", "EnableRule", "{'Name':'tick'}");
    room_advance(r, 60000);
    assert_int_equal(invoked.times, 1);

    refused(r, "ValidationException", "events", "DeleteRule", "{'Name':'tick'}");
    ask(r, "events", "RemoveTargets", "{'Rule':'tick','Ids':['f']}");
    room_advance(r, 60000);
    assert_int_equal(invoked.times, 1);
    ask(r, "events", "DeleteRule", "{'Name':'tick'}");
    ask(r, "events", "DeleteRule", "{'Name':'tick'}"); /* gone already is fine */
    refused(r, "ResourceNotFoundException", "events", "DescribeRule", "{'Name':'tick'}");
}

static void rules_and_targets_can_be_looked_at(void **state)
{
    struct room *r = *state;
    tick(r, "rate(1 minute)");
    ask(r, "events", "PutRule", "{'Name':'tock','ScheduleExpression':'rate(1 day)','State':'DISABLED'}");
    const cJSON *rule = ask(r, "events", "DescribeRule", "{'Name':'tock'}");
    assert_string_equal(text_at(rule, "State"), "DISABLED");
    assert_string_equal(text_at(rule, "EventBusName"), "default");
    const cJSON *page = ask(r, "events", "ListRules", "{'Limit':1}");
    assert_string_equal(text_at(page, "Rules.0.Name"), "tick");
    page = ask(r, "events", "ListRules", "{'NextToken':'%s'}", text_at(page, "NextToken"));
    assert_string_equal(text_at(page, "Rules.0.Name"), "tock");
    assert_null(at(page, "NextToken"));
    const cJSON *targets = ask(r, "events", "ListTargetsByRule", "{'Rule':'tick'}");
    assert_string_equal(text_at(targets, "Targets.0.Arn"), FUNCTION);
}

static void what_is_refused(void **state)
{
    struct room *r = *state;
    static const struct {
        const char *code, *operation, *in;
    } rows[] = {
        {"ValidationException", "PutRule", "{'Name':'x','ScheduleExpression':'rate(1 minutes)'}"},
        {"ValidationException", "PutRule", "{'Name':'x'}"},
        {"ValidationException", "PutRule", "{'Name':'x','EventPattern':'{}'}"},
        {"ValidationException", "PutRule", "{'Name':'a b','ScheduleExpression':'rate(1 minute)'}"},
        {"ResourceNotFoundException", "PutRule",
         "{'Name':'x','ScheduleExpression':'rate(1 minute)','EventBusName':'other'}"},
        {"ResourceNotFoundException", "PutTargets",
         "{'Rule':'none','Targets':[{'Id':'f','Arn':'" FUNCTION "'}]}"},
        {"ResourceNotFoundException", "PutTargets",
         "{'Rule':'tick','EventBusName':'other','Targets':[{'Id':'f','Arn':'" FUNCTION "'}]}"},
        {"ValidationException", "PutTargets", "{'Rule':'tick','Targets':[{'Id':'f','Arn':'nonsense'}]}"},
        {"ValidationException", "PutTargets",
         "{'Rule':'tick','Targets':[{'Id':'f','Arn':'arn:aws-cn:sqs:us-east-1:000000000000:jobs'}]}"},
        {"ValidationException", "PutTargets",
         "{'Rule':'tick','Targets':[{'Id':'f','Arn':'arn:aws:sqs:eu-west-1:000000000000:ticks'}]}"},
        {"ValidationException", "PutTargets",
         "{'Rule':'tick','Targets':[{'Id':'f','Arn':'" FUNCTION "','InputPath':'$.detail'}]}"},
        {"ValidationException", "PutTargets",
         "{'Rule':'tick','Targets':[{'Id':'a b','Arn':'" FUNCTION "'}]}"},
        {"ValidationException", "PutTargets",
         "{'Rule':'tick','Targets':[{'Id':'f','Arn':'" FUNCTION "','Input':'no JSON'}]}"},
        {"ValidationException", "PutRule",
         "{'Name':'x','ScheduleExpression':'rate(1 minute)','Tags':[{'Key':'a','Value':'b'}]}"},
        {"LimitExceededException", "PutTargets",
         "{'Rule':'tick','Targets':[{'Id':'1','Arn':'" FUNCTION "'},{'Id':'2','Arn':'" FUNCTION
         "'},{'Id':'3','Arn':'" FUNCTION "'},{'Id':'4','Arn':'" FUNCTION "'},{'Id':'5','Arn':'" FUNCTION
         "'}]}"},
    };
    tick(r, "rate(1 minute)");
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        refused(r, rows[i].code, "events", rows[i].operation, "%s", rows[i].in);
}

/* Fire is what a rule's timer calls: one event to each target, and none of a rule that is disabled or gone.
 */
static void fire_delivers_to_each_target_of_an_enabled_rule(void **state)
{
    struct room *r = *state;
    tick(r, "rate(1 day)");
    ask(r, "events", "Fire", "{'Name':'tick','Time':%lld}", (long long)ROOM_NOON + 1000);
    room_advance(r, 0);
    assert_int_equal(invoked.times, 1);
    assert_non_null(strstr(invoked.event, "\"time\":\"2026-01-01T12:00:01Z\""));

    ask(r, "events", "DisableRule", "{'Name':'tick'}");
    ask(r, "events", "Fire", "{'Name':'tick','Time':%lld}", (long long)ROOM_NOON);
    ask(r, "events", "Fire", "{'Name':'none','Time':%lld}", (long long)ROOM_NOON);
    room_advance(r, 0);
    assert_int_equal(invoked.times, 1);
}

/* As `ask`, from another region. */
static const cJSON *ask_in(struct room *r, const char *region, const char *operation, const char *json)
{
    struct call *c = door_open(r->world, NULL, "events", operation);
    c->from = CALL_TEST;
    c->region = arena_str(&c->arena, str_z(region));
    c->in = cJSON_Parse(json);
    if (r->last)
        call_free(r->last);
    r->last = door_wait(c);
    assert_null(r->last->fault);
    return call_out(r->last);
}

static void each_region_has_rules_of_its_own(void **state)
{
    struct room *r = *state;
    tick(r, "rate(1 day)");
    const cJSON *rule =
        ask_in(r, "eu-west-1", "PutRule", "{\"Name\":\"tick\",\"ScheduleExpression\":\"rate(1 minute)\"}");
    assert_string_equal(text_at(rule, "RuleArn"), "arn:aws:events:eu-west-1:000000000000:rule/tick");
    ask_in(r, "eu-west-1", "PutTargets",
           "{\"Rule\":\"tick\",\"Targets\":[{\"Id\":\"f\",\"Arn\":\"arn:aws:lambda:eu-west-1:000000000000:"
           "function:report\"}]}");
    assert_string_equal(text_at(ask(r, "events", "DescribeRule", "{'Name':'tick'}"), "ScheduleExpression"),
                        "rate(1 day)");
    assert_int_equal(count_at(ask(r, "events", "ListRules", "{}"), "Rules"), 1);
    room_advance(r, 60000);
    assert_int_equal(invoked.times, 1);
    assert_non_null(strstr(invoked.event, "\"region\":\"eu-west-1\""));
}

static void putting_a_rule_again_replaces_it_and_keeps_its_targets(void **state)
{
    struct room *r = *state;
    tick(r, "rate(1 minute)");
    ask(r, "events", "PutRule",
        "{'Name':'tick','ScheduleExpression':'rate(1 minute)','Description':'d','State':'DISABLED',"
        "'RoleArn':'arn:aws:iam::000000000000:role/x','EventBusName':"
        "'arn:aws:events:us-east-1:000000000000:event-bus/default'}");
    const cJSON *rule = ask(r, "events", "DescribeRule", "{'Name':'tick'}");
    assert_string_equal(text_at(rule, "Description"), "d");
    assert_string_equal(text_at(rule, "RoleArn"), "arn:aws:iam::000000000000:role/x");
    assert_string_equal(text_at(rule, "CreatedBy"), "000000000000");
    ask(r, "events", "PutRule", "{'Name':'tick','ScheduleExpression':'rate(1 minute)'}");
    rule = ask(r, "events", "DescribeRule", "{'Name':'tick'}");
    assert_string_equal(text_at(rule, "State"), "ENABLED");
    assert_null(at(rule, "Description"));
    assert_null(at(rule, "RoleArn"));
    room_advance(r, 60000);
    assert_int_equal(invoked.times, 1);
}

/* What fell due while nothing ran is not made up for; what comes next is. */
static void a_restart_arms_rules_again(void **state)
{
    struct room *r = *state;
    char folder[] = "/tmp/tidepool-events-XXXXXX", command[100];
    assert_non_null(mkdtemp(folder));
    room_close(r);
    room_open_at(r, services, folder);
    tick(r, "rate(1 minute)");
    room_close(r);

    room_open_at(r, services, folder);
    room_advance(r, 0);
    assert_int_equal(invoked.times, 0);
    room_advance(r, 60000);
    assert_int_equal(invoked.times, 1);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, room_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_rate_invokes_its_function_each_time),
        T(a_cron_rule_keeps_its_hours),
        T(a_target_may_have_its_own_input_and_be_a_queue),
        T(disabled_and_deleted_rules_are_quiet),
        T(rules_and_targets_can_be_looked_at),
        T(what_is_refused),
        T(fire_delivers_to_each_target_of_an_enabled_rule),
        T(each_region_has_rules_of_its_own),
        T(putting_a_rule_again_replaces_it_and_keeps_its_targets),
        T(a_restart_arms_rules_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
