/* The door: what every call may rely on.  A service of a few tiny operations stands in for the real ones. */
#include "door/arn.h"
#include "door/door.h"
#include "door/note.h"
#include "door/outbox.h"
#include "door/trace.h"
#include "store/key.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct fault fault_test = {.code = "TestFault", .http = 418};

struct test_in {
    struct str name;
    int64_t count;
    const cJSON *items;
};

static const char *const names[] = {"good", "bad", "wait", NULL};
static const struct shape_row item_rows[] = {OUT(SHAPE_STR, "Id", .flags = SHAPE_REQ), SHAPE_END};
static const struct shape_row item[] = {OUT(SHAPE_STRUCT, "member", .of = item_rows), SHAPE_END};
static const struct shape_row rows[] = {
    IN_STR(test_in, name, "Name", .flags = SHAPE_REQ, .one_of = names),
    IN_INT(test_in, count, "Count", .min = 1, .max = 10),
    IN_LIST(test_in, items, "ItemList", .of = item),
    SHAPE_END,
};

/* Put: writes, notes, and then is good, bad, or waits for "other". */
static enum op_end put(struct call *c, const void *input)
{
    const struct test_in *req = input;
    assert_int_equal(store_put(c->txn, STR("put"), req->name), RC_OK);
    call_note(c, STR("put"));
    if (str_is(req->name, "bad"))
        return call_fail(c, &fault_test, "no %s", "luck");
    if (str_is(req->name, "wait") && c->runs == 0)
        return call_park(c, STR("other"), c->now + 1000);
    cJSON_AddNumberToObject(call_out(c), "Runs", c->runs);
    return OP_DONE;
}

static enum op_end note_other(struct call *c, const void *input)
{
    (void)input;
    call_note(c, STR("other"));
    return OP_DONE;
}

/* Outer: an inner Put in the same transaction; its fault is ours. */
static enum op_end outer(struct call *c, const void *input)
{
    const struct test_in *req = input;
    struct call *inner = door_open(c->world, c, "test", "Put");
    inner->in = cJSON_CreateObject();
    cJSON_AddStringToObject(inner->in, "Name", arena_z(&c->arena, req->name));
    bool ok = door_call(inner);
    if (!ok)
        call_fail(c, inner->fault, "inner: %.*s", STR_ARG(inner->fault_text));
    call_free(inner);
    return ok ? OP_DONE : OP_FAULT;
}

static enum op_end forward(struct call *c, const void *input)
{
    (void)input;
    *(struct call **)world_state(c->world, c->service) = c;
    return OP_FORWARD;
}

static enum op_end send(struct call *c, const void *input)
{
    (void)input;
    struct outbox_row row = {
        .service = STR("test"), .operation = STR("Put"), .policy = STR("sns"), .due = c->now + 5000};
    return outbox_put(c, &row) == RC_OK ? OP_DONE : call_broke(c, RC_IO);
}

static const struct op_row op_put = {"Put", put, rows, sizeof(struct test_in), .flags = 0};
static const struct op_row op_note = {"NoteOther", note_other, NULL, 0, .flags = 0};
static const struct op_row op_outer = {"Outer", outer, rows, sizeof(struct test_in), .flags = 0};
static const struct op_row op_forward = {"Forward", forward, NULL, 0, .flags = 0};
static const struct op_row op_send = {"Send", send, NULL, 0, .flags = 0};
static const struct op_row *const ops[] = {&op_put, &op_note, &op_outer, &op_forward, &op_send, NULL};

static enum rc open_state(struct world *w, void **state)
{
    (void)w;
    *state = xcalloc(1, sizeof(struct call *));
    return RC_OK;
}

static void close_state(struct world *w, void *state)
{
    (void)w;
    free(state);
}

static const struct service test_service = {
    .name = "test", .ops = ops, .open = open_state, .close = close_state};
static const struct service *const services[] = {&test_service, NULL};

static int setup(void **state)
{
    struct store *store;
    assert_int_equal(store_open(&store, NULL, 0, NULL), RC_OK);
    struct world *w = world_new(&(struct world_setup){.store = store, .services = services, .seed = 1});
    clock_freeze(&w->clock);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    world_free(*state);
    return 0;
}

static struct call *ask(struct world *w, const char *operation, const char *name)
{
    struct call *c = door_open(w, NULL, "test", operation);
    c->in = cJSON_CreateObject();
    if (name)
        cJSON_AddStringToObject(c->in, "Name", name);
    return c;
}

static bool stored(struct world *w)
{
    bool there = store_get(w->store, STR("put"), NULL) == RC_OK;
    store_rollback(w->store);
    return there;
}

static void test_names(void **state)
{
    struct call *c = door_open(*state, NULL, "test", "note_other");
    assert_non_null(c);
    assert_string_equal(c->op->name, "NoteOther");
    call_free(c);
    assert_null(door_open(*state, NULL, "test", "Nothing"));
    assert_null(door_open(*state, NULL, "nothing", "Put"));
}

static void test_an_arn_is_whole_or_none(void **state)
{
    (void)state;
    struct arn a;
    assert_true(arn_parse(STR("arn:aws:sns:us-east-1:000000000000:news:1-2"), &a));
    assert_true(str_is(a.service, "sns") && str_is(a.region, "us-east-1"));
    assert_true(str_is(a.account, "000000000000") && str_is(a.resource, "news:1-2"));
    assert_true(arn_parse(STR("arn:aws:s3:::bucket"), &a));
    static const char *const bad[] = {
        "",
        "arn",
        "nonsense",
        "arn:aws:sqs:us-east-1:000000000000",
        "arn:aws:sqs:us-east-1:000000000000:",
        "ARN:aws:sqs:us-east-1:000000000000:q",
        "arn:aws-cn:sqs:us-east-1:000000000000:q",
        "arn::sqs:us-east-1:000000000000:q",
        "arn:aws::us-east-1:000000000000:q",
        "arn:aws:sqs:us east:000000000000:q",
        "arn:aws:sqs:us-east-1:1:q",
        "arn:aws:sqs:us-east-1:00000000000x:q",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        if (arn_parse(str_z(bad[i]), &a))
            fail_msg("accepted: %s", bad[i]);
        assert_null(a.resource.p);
    }
    assert_true(arn_of_service(STR("arn:aws:sqs:us-east-1:000000000000:q"), "sqs", &a));
    assert_false(arn_of_service(STR("arn:aws:sqs:us-east-1:000000000000:q"), "sns", &a));
    assert_false(arn_of_service(STR("arn:aws:s3:::bucket"), "s3", &a));
}

static void test_good_call_is_stored_and_bad_one_undone(void **state)
{
    struct call *c = door_wait(ask(*state, "Put", "bad"));
    assert_ptr_equal(c->fault, &fault_test);
    assert_true(str_is(c->fault_text, "no luck"));
    assert_false(stored(*state));
    call_free(c);

    c = door_wait(ask(*state, "Put", "good"));
    assert_null(c->fault);
    assert_true(stored(*state));
    call_free(c);
}

static void test_all_that_is_wrong_with_a_shape(void **state)
{
    struct call *c = ask(*state, "Put", NULL);
    cJSON_AddNumberToObject(c->in, "Count", 11);
    cJSON *list = cJSON_AddArrayToObject(c->in, "ItemList");
    cJSON_AddItemToArray(list, cJSON_CreateObject());
    c = door_wait(c);
    assert_string_equal(c->fault->code, "ValidationException");
    assert_true(str_is(
        c->fault_text,
        "3 validation errors detected: Value null at 'name' failed to satisfy constraint: Member must not be "
        "null; Value '11' at 'count' failed to satisfy constraint: Member must have value less than or equal "
        "to "
        "10; Value null at 'itemList.1.member.id' failed to satisfy constraint: Member must not be null"));
    call_free(c);

    c = ask(*state, "Put", "good");
    cJSON_AddStringToObject(c->in, "Count", "one");
    c = door_wait(c);
    assert_string_equal(c->fault->code, "SerializationException");
    assert_true(str_is(c->fault_text, "STRING_VALUE cannot be converted to Integer"));
    call_free(c);
}

static void set_flag(struct call *c)
{
    *(bool *)c->asker = true;
}

static struct call *submit(struct call *c, bool *ended)
{
    *ended = false;
    c->asker = ended;
    c->on_end = set_flag;
    door_submit(c);
    turn_run(c->world->turn);
    return c;
}

static void test_parked_call_runs_again_when_noted(void **state)
{
    bool ended;
    struct call *c = submit(ask(*state, "Put", "wait"), &ended);
    assert_false(ended);
    assert_false(stored(*state)); /* what it wrote before it parked is undone */
    call_free(door_wait(ask(*state, "NoteOther", NULL)));
    turn_run(((struct world *)*state)->turn);
    assert_true(ended);
    assert_true(stored(*state));
    assert_int_equal((int)cJSON_GetObjectItem(c->out, "Runs")->valuedouble, 1);
    call_free(c);
}

static void test_parked_call_runs_again_at_its_deadline(void **state)
{
    struct world *w = *state;
    bool ended;
    struct call *c = submit(ask(w, "Put", "wait"), &ended);
    clock_set(&w->clock, clock_now_us(&w->clock) + 999000);
    assert_int_equal(timers_fire(w->timers), 0);
    clock_set(&w->clock, clock_now_us(&w->clock) + 1000);
    assert_int_equal(timers_fire(w->timers), 1);
    turn_run(w->turn);
    assert_true(ended);
    call_free(c);
}

static void test_parked_call_ends_when_its_asker_has_gone(void **state)
{
    struct world *w = *state;
    bool ended;
    struct call *c = submit(ask(w, "Put", "wait"), &ended);
    call_cancel(c);
    turn_run(w->turn);
    assert_true(ended);
    assert_false(stored(w)); /* it did not run again */
    call_free(c);
}

static void test_forwarded_call_ends_when_finished(void **state)
{
    struct world *w = *state;
    bool ended;
    struct call *c = submit(ask(w, "Forward", NULL), &ended);
    assert_false(ended);
    call_finish(*(struct call **)world_state(w, &test_service));
    turn_run(w->turn);
    assert_true(ended);
    call_free(c);
}

static void test_inner_call_shares_its_parents_fate(void **state)
{
    struct call *c = door_wait(ask(*state, "Outer", "bad"));
    assert_ptr_equal(c->fault, &fault_test);
    assert_true(str_is(c->fault_text, "inner: no luck"));
    assert_false(stored(*state));
    call_free(c);
    c = door_wait(ask(*state, "Outer", "good"));
    assert_null(c->fault);
    assert_true(stored(*state));
    call_free(c);
}

struct hearing {
    struct note_listener listener;
    int heard;
};

static void heard(struct note_listener *l, struct str arn)
{
    assert_true(str_is(arn, "put"));
    list_of(l, struct hearing, listener)->heard++;
}

static void test_notes_are_spread_after_the_commit_and_dropped_with_a_fault(void **state)
{
    struct hearing h = {.listener.heard = heard};
    note_listen(*state, &h.listener, STR("put"));
    call_free(door_wait(ask(*state, "Put", "bad")));
    assert_int_equal(h.heard, 0);
    call_free(door_wait(ask(*state, "Put", "good")));
    assert_int_equal(h.heard, 1);
    note_unlisten(*state, &h.listener);
    call_free(door_wait(ask(*state, "Put", "good")));
    assert_int_equal(h.heard, 1);
}

static void test_outbox_rows_come_in_order_of_time(void **state)
{
    struct world *w = *state;
    struct arena a;
    arena_init(&a);
    call_free(door_wait(ask(w, "Send", NULL)));
    struct outbox_item got;
    int64_t due, now = clock_now(&w->clock);
    assert_int_equal(outbox_next(w->store, &a, now, NULL, &got, &due), RC_NONE);
    assert_int_equal(due, now + 5000);
    assert_int_equal(outbox_next(w->store, &a, due, NULL, &got, &due), RC_OK);
    assert_true(str_is(got.row.operation, "Put"));
    assert_int_equal(got.attempts, 0);
    cJSON_Delete(got.in);
    assert_int_equal(outbox_later(w->store, &got, now + 9000), RC_OK);
    assert_int_equal(outbox_next(w->store, &a, now + 9000, NULL, &got, &due), RC_OK);
    assert_int_equal(got.attempts, 1);
    cJSON_Delete(got.in);
    assert_int_equal(outbox_done(w->store, &got), RC_OK);
    assert_int_equal(outbox_next(w->store, &a, now + 9000, NULL, &got, &due), RC_NONE);
    assert_int_equal(store_commit(w->store), RC_OK);
    arena_release(&a);
}

static void test_causes_reach_back_as_far_as_they_fit(void **state)
{
    struct world *w = *state;
    struct call *chain[40] = {door_open(w, NULL, "test", "Put")};
    for (int i = 1; i < 40; i++)
        chain[i] = door_open(w, chain[i - 1], "test", "Put");
    char three[2 * IDENT_UUID_SIZE];
    snprintf(three, sizeof(three), "%s %s", chain[1]->request_id, chain[0]->request_id);
    assert_true(str_is(chain[2]->causes, three));
    struct str far = chain[39]->causes;
    assert_true(far.n <= CAUSES_MAX && (far.n + 1) % IDENT_UUID_SIZE == 0);
    assert_true(str_starts(far, str_z(chain[38]->request_id)));
    for (int i = 0; i < 40; i++)
        call_free(chain[i]);
}

static void test_why_tells_the_tree_from_its_root(void **state)
{
    struct world *w = *state;
    struct call *root = door_wait(ask(w, "Put", "good"));
    struct call *child = door_open(w, root, "test", "NoteOther");
    trace_also(child, STR("message-1"));
    child = door_wait(child);
    cJSON *tree = trace_why(w, STR("message-1"), NULL, 0);
    assert_string_equal(cJSON_GetObjectItem(tree, "id")->valuestring, root->request_id);
    const cJSON *caused = cJSON_GetObjectItem(tree, "caused");
    assert_int_equal(cJSON_GetArraySize(caused), 1);
    assert_string_equal(cJSON_GetObjectItem(caused->child, "id")->valuestring, child->request_id);
    assert_string_equal(cJSON_GetObjectItem(caused->child, "what")->valuestring, "test NoteOther");
    assert_null(trace_why(w, STR("nobody"), NULL, 0));
    cJSON_Delete(tree);
    call_free(child);
    call_free(root);
}

/* A function that feeds itself makes a chain without an end: its tree can still be written and read. */
static void test_why_cuts_an_endless_chain(void **state)
{
    struct world *w = *state;
    char id[16] = "0", causes[40];
    for (int i = 1; i < 3000; i++) {
        snprintf(causes, sizeof(causes), "%d %d", i - 1, i - 2);
        snprintf(id, sizeof(id), "%d", i);
        trace_add(w, &(struct trace_event){
                         .kind = TRACE_CALL, .id = str_z(id), .what = STR("again"), .causes = str_z(causes)});
    }
    cJSON *tree = trace_why(w, STR("1"), NULL, 0), *read;
    char *text = cJSON_PrintUnformatted(tree);
    int depth = 0;
    read = cJSON_Parse(text);
    assert_non_null(read);
    for (const cJSON *n = tree; n; n = cJSON_GetObjectItem(n, "caused")->child, depth++)
        assert_true(cJSON_GetArraySize(cJSON_GetObjectItem(n, "caused")) <= 1);
    assert_in_range(depth, 100, 400);
    cJSON_free(text);
    cJSON_Delete(read);
    cJSON_Delete(tree);
}

/* A small ring: the oldest give way, what is left can be read in order. */
static void test_event_stream_is_bounded(void **state)
{
    struct world *w = *state;
    struct trace *whole = w->trace;
    w->trace = trace_new(64, 4096);
    char detail[301];
    memset(detail, 'x', 300);
    for (int i = 0; i < 1000; i++)
        trace_add(w, &(struct trace_event){
                         .kind = TRACE_LOG, .id = STR("id"), .detail = str_n(detail, (size_t)(i % 300))});
    struct trace_event e;
    uint64_t seq = 0, n = 0, last = 0;
    for (; trace_next(w->trace, seq, &e); seq = e.seq, n++) {
        assert_true(last == 0 || e.seq == last + 1);
        assert_int_equal(e.detail.n, (e.seq - 1) % 300);
        last = e.seq;
    }
    assert_int_equal(last, 1000);
    assert_true(n > 5 && n <= 64);
    trace_free(w->trace);
    w->trace = whole;
}

int main(void)
{
#define DOOR_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        DOOR_TEST(test_names),
        DOOR_TEST(test_an_arn_is_whole_or_none),
        DOOR_TEST(test_good_call_is_stored_and_bad_one_undone),
        DOOR_TEST(test_all_that_is_wrong_with_a_shape),
        DOOR_TEST(test_parked_call_runs_again_when_noted),
        DOOR_TEST(test_parked_call_runs_again_at_its_deadline),
        DOOR_TEST(test_parked_call_ends_when_its_asker_has_gone),
        DOOR_TEST(test_forwarded_call_ends_when_finished),
        DOOR_TEST(test_inner_call_shares_its_parents_fate),
        DOOR_TEST(test_notes_are_spread_after_the_commit_and_dropped_with_a_fault),
        DOOR_TEST(test_outbox_rows_come_in_order_of_time),
        DOOR_TEST(test_causes_reach_back_as_far_as_they_fit),
        DOOR_TEST(test_why_tells_the_tree_from_its_root),
        DOOR_TEST(test_why_cuts_an_endless_chain),
        DOOR_TEST(test_event_stream_is_bounded),
    };
    return cmocka_run_group_tests_name("door", tests, NULL, NULL);
}
