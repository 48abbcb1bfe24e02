/* Rows that were damaged, one member at a time: the world does not open and says why in one line, or it opens
 * and serves as if nothing were.  The rows are those of tests/fault/world-1.sql, which has one of each kind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "api/api.h"
#include "base/json.h"
#include "bus/bus.h"
#include "control/control.h"
#include "door/door.h"
#include "dynamodb/dynamodb.h"
#include "events/events.h"
#include "lambda/lambda.h"
#include "sns/sns.h"
#include "sqs/sqs.h"
#include "store/key.h"
#include "template/template.h"
#include <sqlite3.h>
#include <stdio.h>

static const struct service *const services[] = {
    &lambda_service,
    &dynamodb_service,
    &dynamodbstreams_service,
    &sqs_service,
    &sns_service,
    &apigateway_service,
    &apigatewayv2_service,
    &execute_api_service,
    &bus_mapping_service,
    &bus_push_service,
    &events_service,
    &control_service,
    &template_service,
    NULL,
};

enum { ROWS_MAX = 100 };

struct row {
    struct str key, value;
};

struct rows {
    struct arena arena;
    struct row list[ROWS_MAX];
    int n;
};

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    char *text = xcalloc(1, 1u << 20);
    assert_true(fread(text, 1, (1u << 20) - 1, f) > 0);
    fclose(f);
    return text;
}

/* A delivery that waits: the folder was left without one. */
static const char outbox_row[] =
    "{\"service\":\"sqs\",\"operation\":\"SendMessage\",\"source\":\"arn:aws:sns:us-east-1:000000000000:news:"
    "1\","
    "\"policy\":\"sns\",\"causes\":\"\",\"traceId\":\"\",\"account\":\"000000000000\",\"region\":\"us-east-"
    "1\","
    "\"attempts\":0,\"in\":{\"QueueUrl\":\"http://localhost:4566/000000000000/jobs\",\"MessageBody\":\"a\"}}";

static void add_delivery(struct rows *all)
{
    struct key k;
    key_init(&k, "outbox");
    key_i64(&k, 1);
    key_u64(&k, 1);
    all->list[all->n++] = (struct row){arena_str(&all->arena, key_view(&k)), str_z(outbox_row)};
    key_release(&k);
}

static int setup(void **state)
{
    struct rows *all = *state = xcalloc(1, sizeof(*all));
    sqlite3 *db;
    sqlite3_stmt *q;
    char *dump = read_file("tests/fault/world-1.sql");
    arena_init(&all->arena);
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, dump, NULL, NULL, NULL), SQLITE_OK);
    free(dump);
    sqlite3_prepare_v2(db, "SELECT k, coalesce(big.v, kv.v) FROM kv LEFT JOIN big ON big.id = kv.v", -1, &q,
                       NULL);
    while (sqlite3_step(q) == SQLITE_ROW && all->n < ROWS_MAX - 1)
        for (int i = 0; i < 2; i++) {
            struct str s = str_n(sqlite3_column_blob(q, i), (size_t)sqlite3_column_bytes(q, i));
            struct row *row = &all->list[i ? all->n++ : all->n];
            *(i ? &row->value : &row->key) = arena_str(&all->arena, s);
        }
    sqlite3_finalize(q);
    sqlite3_close(db);
    add_delivery(all);
    return 0;
}

static int teardown(void **state)
{
    struct rows *all = *state;
    arena_release(&all->arena);
    free(all);
    return 0;
}

/* --- a world with one row changed */

static const char *const asked[][3] = {
    {"sqs", "ListQueues", "{}"},
    {"sqs", "GetQueueAttributes", "{'QueueUrl':'http://x/000000000000/jobs','AttributeNames':['All']}"},
    {"sqs", "ListQueueTags", "{'QueueUrl':'http://x/000000000000/jobs'}"},
    {"sqs", "SendMessage", "{'QueueUrl':'http://x/000000000000/jobs','MessageBody':'a'}"},
    {"sqs", "ReceiveMessage", "{'QueueUrl':'http://x/000000000000/jobs','MaxNumberOfMessages':10}"},
    {"dynamodb", "ListTables", "{}"},
    {"dynamodb", "DescribeTable", "{'TableName':'Things'}"},
    {"dynamodb", "Scan", "{'TableName':'Things'}"},
    {"dynamodb", "Scan", "{'TableName':'Things','IndexName':'byColour'}"},
    {"dynamodb", "PutItem",
     "{'TableName':'Things','Item':{'id':{'S':'a'},'at':{'N':'9'},'colour':{'S':'red'}}}"},
    {"dynamodbstreams", "ListStreams", "{}"},
    {"sns", "ListTopics", "{}"},
    {"sns", "ListSubscriptions", "{}"},
    {"sns", "GetTopicAttributes", "{'TopicArn':'arn:aws:sns:us-east-1:000000000000:news'}"},
    {"sns", "Publish", "{'TopicArn':'arn:aws:sns:us-east-1:000000000000:news','Message':'a'}"},
    {"lambda", "ListFunctions", "{}"},
    {"lambda", "GetFunction", "{'FunctionName':'fail'}"},
    {"lambda", "ListEventSourceMappings", "{}"},
    {"events", "ListRules", "{}"},
    {"events", "ListTargetsByRule", "{'Rule':'daily'}"},
    {"apigateway", "GetRestApis", "{}"},
    {"apigateway", "GetApiKeys", "{}"},
    {"apigateway", "GetUsagePlans", "{}"},
    {"apigatewayv2", "GetApis", "{}"},
    {"tidepool", "Health", "{}"},
};

/* A row of data that was damaged costs the calls that meet it, and is said. */
static void serve(struct world *w, const char *what, const size_t *said)
{
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        char *json = xstrdup(asked[i][2]);
        for (char *p = json; *p; p++)
            if (*p == '\'')
                *p = '"';
        struct call *c = door_open(w, NULL, asked[i][0], asked[i][1]);
        if (!c) /* the service has it in another row of the table */
            fail_msg("%s %s", asked[i][0], asked[i][1]);
        c->from = CALL_TEST;
        c->in = json_tree(str_z(json));
        free(json);
        door_wait(c);
        fflush(w->log->to);
        if (c->fault && c->fault->http >= 500 && !*said)
            fail_msg("%s: %s %s: %s", what, asked[i][0], asked[i][1], c->fault->code);
        call_free(c);
    }
}

/* Opens the world and uses it.  Returns whether it opened. */
static bool live_with(const struct rows *all, const struct row *changed, struct str value, const char *what)
{
    struct store *store;
    char *said = NULL;
    size_t n = 0;
    struct log log = {.to = open_memstream(&said, &n), .level = LOG_ERROR};
    assert_int_equal(store_open(&store, NULL, 0, NULL), RC_OK);
    for (const struct row *r = all->list; r < all->list + all->n; r++)
        assert_int_equal(store_put(store, r->key, r == changed ? value : r->value), RC_OK);
    assert_int_equal(store_commit(store), RC_OK);
    struct world *w =
        world_new(&(struct world_setup){.log = &log, .store = store, .services = services, .seed = 7});
    bool opened = w != NULL;
    if (opened) {
        serve(w, what, &n);
        world_stop(w);
        world_free(w);
    }
    fclose(log.to);
    bool one_line = n && strchr(said, '\n') == said + n - 1 && strstr(said, "the state is damaged: ");
    if (!opened && !one_line)
        fail_msg("%s: not one clear line: %s", what, said);
    free(said);
    return opened;
}

/* --- changing one member */

enum damage { TAKEN_AWAY, OF_ANOTHER_TYPE, SENSELESS, DAMAGES };
static const char *const damage_names[] = {"taken away", "of another type", "senseless"};

static cJSON *senseless(const cJSON *was, enum damage how)
{
    if (how == OF_ANOTHER_TYPE)
        return cJSON_IsString(was)   ? cJSON_CreateNumber(1e300)
               : cJSON_IsObject(was) ? cJSON_CreateArray()
               : cJSON_IsArray(was)  ? cJSON_CreateObject()
                                     : cJSON_CreateString("x");
    return cJSON_IsString(was)   ? cJSON_CreateString("")
           : cJSON_IsNumber(was) ? cJSON_CreateNumber(-1e300)
                                 : cJSON_CreateNull();
}

/* Changes the nth place below `tree`, counted in *n; true when it was there.  `path` says which. */
static bool spoil(cJSON *tree, int *n, enum damage how, int depth, char path[200])
{
    for (cJSON *at = tree->child; at; at = at->next) {
        size_t length = strlen(path);
        snprintf(path + length, 200 - length, ".%s", at->string ? at->string : "0");
        if ((*n)-- == 0) {
            cJSON *old = at;
            if (how == TAKEN_AWAY)
                cJSON_DetachItemViaPointer(tree, at);
            else
                cJSON_ReplaceItemViaPointer(tree, at, senseless(at, how)), old = NULL;
            cJSON_Delete(old);
            return true;
        }
        if (depth > 0 && spoil(at, n, how, depth - 1, path))
            return true;
        path[length] = 0;
    }
    return false;
}

/* Each place is taken away, and spoiled in one of the two other ways. */
static bool is_due(int place, enum damage how)
{
    return how == TAKEN_AWAY || how == (place % 2 ? OF_ANOTHER_TYPE : SENSELESS);
}

/* Items and records are not of a fixed form; what a template asked for is checked when it is deployed. */
static int depth_of(const struct row *row)
{
    static const char *const free_forms[] = {"ddb.entry", "ddb.item", "ddb.record"};
    for (size_t i = 0; i < sizeof free_forms / sizeof *free_forms; i++)
        if (str_starts(row->key, str_z(free_forms[i])))
            return -1;
    return str_starts(row->key, STR("template.")) ? 0 : 8;
}

/* The rest of an event's row is its payload. */
static struct str row_text(struct arena *a, const cJSON *tree, struct str payload)
{
    char *text = json_printed(tree);
    struct str s =
        payload.p ? arena_printf(a, "%s\n%.*s", text, STR_ARG(payload)) : arena_str(a, str_z(text));
    free(text);
    return s;
}

static void damage_row(const struct rows *all, const struct row *row, int *opened, int *refused)
{
    int depth = depth_of(row);
    bool more = depth >= 0;
    for (int place = 0; more; place++)
        for (enum damage how = 0; more && how < DAMAGES; how++) {
            if (!is_due(place, how))
                continue;
            struct arena a;
            struct str payload = row->value, line = str_cut(&payload, '\n');
            cJSON *tree = json_tree(line);
            char path[200] = "", what[400];
            int n = place;
            arena_init(&a);
            more = cJSON_IsObject(tree) && spoil(tree, &n, how, depth, path);
            snprintf(what, sizeof what, "%.40s %s %s", row->key.p, path, damage_names[how]);
            if (more)
                ++*(live_with(all, row, row_text(&a, tree, payload), what) ? opened : refused);
            cJSON_Delete(tree);
            arena_release(&a);
        }
}

static void each_member_of_each_row(void **state)
{
    const struct rows *all = *state;
    int opened = 0, refused = 0;
    for (int i = 0; i < all->n; i++)
        damage_row(all, &all->list[i], &opened, &refused);
    assert_true(refused > 200); /* what is needed is asked for */
    assert_true(opened > 50);   /* and what is not, is not */
}

/* Whatever row it is: cut in half, and other bytes. */
static void rows_that_are_cut_or_of_other_bytes(void **state)
{
    const struct rows *all = *state;
    for (int i = 0; i < all->n; i++) {
        const struct row *r = &all->list[i];
        live_with(all, r, str_sub(r->value, 0, r->value.n / 2), r->key.p);
        live_with(all, r, STR("\xff\0\x01{"), r->key.p);
    }
}

static bool lives_with_delivery_by(const struct rows *all, const char *service, const char *operation,
                                   const char *type)
{
    struct arena a;
    arena_init(&a);
    cJSON *tree = cJSON_Parse(outbox_row), *in = cJSON_GetObjectItem(tree, "in");
    cJSON_ReplaceItemInObject(tree, "service", cJSON_CreateString(service));
    cJSON_ReplaceItemInObject(tree, "operation", cJSON_CreateString(operation));
    cJSON_AddStringToObject(in, "InvocationType", type);
    cJSON_AddNumberToObject(in, "WaitTimeSeconds", 20);
    bool lives = live_with(all, &all->list[all->n - 1], row_text(&a, tree, STR_NONE), operation);
    cJSON_Delete(tree);
    arena_release(&a);
    return lives;
}

/* A delivery ends within a turn: one by an operation that may wait, that goes in portions, or that nobody
 * has, would never end. */
static void deliveries_by_each_operation(void **state)
{
    int n = 0;
    for (const struct service *const *s = services; *s; s++)
        for (const struct op_row *const *op = (*s)->ops; *op; op++)
            n += lives_with_delivery_by(*state, (*s)->name, (*op)->name, "Event");
    assert_int_equal(n, 4); /* SendMessage, Publish and its FanOut, Invoke */
    assert_true(lives_with_delivery_by(*state, "sqs", "SendMessage", "Event"));
    assert_true(lives_with_delivery_by(*state, "lambda", "Invoke", "Event"));
    assert_false(lives_with_delivery_by(*state, "lambda", "Invoke", "RequestResponse"));
    assert_false(lives_with_delivery_by(*state, "sqs", "Nothing", "Event"));
    assert_false(lives_with_delivery_by(*state, "nobody", "SendMessage", "Event"));
}

static void rows_that_are_whole(void **state)
{
    assert_true(live_with(*state, NULL, STR_NONE, "nothing"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_that_are_whole),
        cmocka_unit_test(each_member_of_each_row),
        cmocka_unit_test(rows_that_are_cut_or_of_other_bytes),
        cmocka_unit_test(deliveries_by_each_operation),
    };
    return cmocka_run_group_tests_name("stored", tests, setup, teardown);
}
