/* What is larger than a request goes in portions, each a turn of its own: counted by the rows that a turn
 * takes away, whatever the machine. */
#include "control/control.h"
#include "room.h"
#include "sqs/sqs.h"
#include "store/key.h"

#define URL "http://localhost:4566/000000000000/"
#define JOBS "'QueueUrl':'" URL "jobs'"

static const struct service *const services[] = {&sqs_service, &control_service, NULL};

/* The rows of one space, counted after each turn. */
static struct {
    struct world *world;
    const char *space;
    int64_t rows, most; /* most: the largest number that went in one turn */
    int turns;          /* in which some went */
} watched;

static int64_t rows_of(struct store *s, const char *space)
{
    struct key all, end;
    struct store_cursor *at;
    int64_t n = 0;
    key_init(&all, space);
    key_after(&end, key_view(&all));
    assert_int_equal(store_seek(s, &at, key_view(&all), key_view(&end), false), RC_OK);
    while (store_next(at, NULL, NULL) == RC_OK)
        n++;
    store_cursor_close(at);
    store_rollback(s);
    key_release(&all);
    key_release(&end);
    return n;
}

static void turn_over(void *arg)
{
    (void)arg;
    int64_t rows = rows_of(watched.world->store, watched.space), went = watched.rows - rows;
    watched.turns += went > 0;
    watched.most = went > watched.most ? went : watched.most;
    watched.rows = rows;
}

static void watch(struct room *r, const char *space)
{
    memset(&watched, 0, sizeof(watched));
    watched.world = r->world;
    watched.space = space;
    watched.rows = rows_of(r->world->store, space);
    r->world->turn_over = turn_over;
}

/* As the loop does, round after round, until all that was deleted is swept. */
static void sweep_all(struct room *r)
{
    for (int64_t before = -1; before != watched.rows;) {
        before = watched.rows;
        room_advance(r, 0);
    }
}

static int setup(void **state)
{
    struct room *r = calloc(1, sizeof(*r));
    room_open(r, services);
    ask(r, "sqs", "CreateQueue", "{'QueueName':'jobs','Attributes':{'MessageRetentionPeriod':'60'}}");
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    room_close(*state);
    free(*state);
    return 0;
}

static void send(struct room *r, int n)
{
    for (int i = 0; i < n; i++)
        ask(r, "sqs", "SendMessage", "{" JOBS ",'MessageBody':'%d'}", i);
}

static void a_receive_passes_over_expired_messages_in_portions(void **state)
{
    struct room *r = *state;
    send(r, 2100);
    room_advance(r, 60000);
    ask(r, "sqs", "SendMessage", "{" JOBS ",'MessageBody':'live'}");
    watch(r, "sqs.message");
    const cJSON *out = ask(r, "sqs", "ReceiveMessage", "{" JOBS "}");
    assert_string_equal(text_at(out, "Messages.0.Body"), "live");
    assert_int_equal(watched.most, CALL_SWEEP_ROWS);
    assert_int_equal(watched.turns, 5);
    assert_int_equal(watched.rows, 1);
}

static void several_receivers_share_the_portion_of_a_turn(void **state)
{
    struct room *r = *state;
    send(r, 1200);
    room_advance(r, 60000);
    watch(r, "sqs.message");
    for (int i = 0; i < 5; i++) {
        struct call *c = door_open(r->world, NULL, "sqs", "ReceiveMessage");
        c->in = cJSON_Parse("{\"QueueUrl\":\"" URL "jobs\"}");
        door_send(c);
    }
    turn_run(r->world->turn);
    assert_int_equal(watched.most, CALL_SWEEP_ROWS);
    assert_int_equal(watched.rows, 0);
}

static void counting_messages_sweeps_expired_ones_in_portions(void **state)
{
    struct room *r = *state;
    send(r, 1200);
    ask(r, "sqs", "ReceiveMessage", "{" JOBS ",'MaxNumberOfMessages':10,'VisibilityTimeout':1}");
    room_advance(r, 120000);
    watch(r, "sqs.message");
    const cJSON *out = ask(r, "sqs", "GetQueueAttributes", "{" JOBS ",'AttributeNames':['All']}");
    assert_string_equal(text_at(out, "Attributes.ApproximateNumberOfMessages"), "0");
    assert_int_equal(watched.most, CALL_SWEEP_ROWS);
    assert_int_equal(watched.rows, 0);
}

static void many_messages_go_to_the_dead_letter_queue_in_portions(void **state)
{
    struct room *r = *state;
    ask(r, "sqs", "CreateQueue", "{'QueueName':'dead'}");
    ask(r, "sqs", "SetQueueAttributes",
        "{" JOBS ",'Attributes':{'VisibilityTimeout':'1','RedrivePolicy':'{\\'maxReceiveCount\\':\\'1\\',"
        "\\'deadLetterTargetArn\\':\\'arn:aws:sqs:us-east-1:000000000000:dead\\'}'}}");
    send(r, 1200);
    for (int i = 0; i < 120; i++)
        ask(r, "sqs", "ReceiveMessage", "{" JOBS ",'MaxNumberOfMessages':10}");
    room_advance(r, 1000);
    ask(r, "sqs", "ReceiveMessage", "{" JOBS "}");
    assert_int_equal(r->last->runs, 3); /* 500, 500, 200 */
    const cJSON *out =
        ask(r, "sqs", "GetQueueAttributes", "{'QueueUrl':'" URL "dead','AttributeNames':['All']}");
    assert_string_equal(text_at(out, "Attributes.ApproximateNumberOfMessages"), "1200");
}

/* Nothing stays parked with what it swept undone. */
static void a_long_poll_that_found_only_expired_messages_waits_on(void **state)
{
    struct room *r = *state;
    send(r, 3);
    room_advance(r, 60000);
    struct call *c = door_open(r->world, NULL, "sqs", "ReceiveMessage");
    c->in = cJSON_Parse("{\"QueueUrl\":\"" URL "jobs\",\"WaitTimeSeconds\":20}");
    watch(r, "sqs.message");
    door_send(c);
    turn_run(r->world->turn);
    assert_int_equal(watched.rows, 0);
    ask(r, "sqs", "SendMessage", "{" JOBS ",'MessageBody':'live'}");
    turn_run(r->world->turn);
    const cJSON *out = ask(r, "sqs", "GetQueueAttributes", "{" JOBS ",'AttributeNames':['All']}");
    assert_string_equal(text_at(out, "Attributes.ApproximateNumberOfMessagesNotVisible"), "1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define PORTION_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        PORTION_TEST(a_receive_passes_over_expired_messages_in_portions),
        PORTION_TEST(several_receivers_share_the_portion_of_a_turn),
        PORTION_TEST(counting_messages_sweeps_expired_ones_in_portions),
        PORTION_TEST(many_messages_go_to_the_dead_letter_queue_in_portions),
        PORTION_TEST(a_long_poll_that_found_only_expired_messages_waits_on),
    };
    return cmocka_run_group_tests_name("portions", tests, NULL, NULL);
}
