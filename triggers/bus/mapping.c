#include "mapping.h"
#include "base/json.h"
#include "base/pattern.h"
#include "door/arn.h"
#include "store/key.h"
#include <stdlib.h>

/* Sizes: "Configure an SQS event source", "Using AWS Lambda with Amazon DynamoDB". */
static const struct source_kind kinds[] = {
    {.arn_service = "sqs", .batch_default = 10, .batch_max = 10000, .batch_max_no_window = 10},
    {.arn_service = "dynamodb",
     .batch_default = 100,
     .batch_max = 10000,
     .batch_max_no_window = 10000,
     .stream = true},
};

#define QUEUE_LANES 5 /* batches of one queue in flight at once, as AWS begins with */

const struct source_kind *source_kind_of(struct str text)
{
    struct arn arn;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (arn_of_service(text, kinds[i].arn_service, &arn))
            return &kinds[i];
    return NULL;
}

static struct str text_of(const cJSON *config, const char *name)
{
    struct str text = json_member_text(config, name);
    return text.p ? text : STR("");
}

static int64_t number_of(const cJSON *config, const char *name, int64_t missing)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(config, name);
    return cJSON_IsNumber(v) ? (int64_t)v->valuedouble : missing;
}

static void drop_filters(struct mapping *m)
{
    for (size_t i = 0; i < m->filter_count; i++)
        pattern_free(m->filters[i].pattern);
    free(m->filters);
    m->filters = NULL;
    m->filter_count = 0;
}

static struct filter filter_of(struct str text, struct arena *a)
{
    struct filter f = {0};
    struct str why;
    cJSON *tree = json_tree(text);
    const cJSON *member;
    cJSON_ArrayForEach (member, tree) {
        struct str name = str_z(member->string);
        f.wants_text |= str_is(name, "body") && cJSON_IsArray(member);
        f.wants_json |= str_starts(name, STR("body.")) || (str_is(name, "body") && cJSON_IsObject(member));
    }
    f.pattern = pattern_new(tree, a, &why);
    return f;
}

static void set_filters(struct mapping *m)
{
    const cJSON *criteria = cJSON_GetObjectItemCaseSensitive(m->config, "FilterCriteria");
    const cJSON *filters = cJSON_GetObjectItemCaseSensitive(criteria, "Filters"), *one;
    drop_filters(m);
    m->filtered = cJSON_GetArraySize(filters) > 0;
    m->filter_broken = false;
    if (!m->filtered)
        return;
    struct arena a;
    arena_init(&a);
    m->filters = xcalloc((size_t)cJSON_GetArraySize(filters), sizeof *m->filters);
    cJSON_ArrayForEach (one, filters) {
        struct filter f = filter_of(json_member_text(one, "Pattern"), &a);
        if (f.pattern)
            m->filters[m->filter_count++] = f;
    }
    m->filter_broken = (int)m->filter_count < cJSON_GetArraySize(filters);
    arena_release(&a);
}

static int64_t lanes_of(const cJSON *config)
{
    const cJSON *scaling = cJSON_GetObjectItemCaseSensitive(config, "ScalingConfig");
    return number_of(scaling, "MaximumConcurrency", QUEUE_LANES);
}

void mapping_set(struct mapping *m, cJSON *config)
{
    if (config != m->config)
        cJSON_Delete(m->config);
    m->config = config;
    str_copy(text_of(config, "UUID"), m->uuid, sizeof(m->uuid));
    m->source_arn = text_of(config, "EventSourceArn");
    m->function_arn = text_of(config, "FunctionArn");
    m->kind = source_kind_of(m->source_arn);
    m->batch_size = number_of(config, "BatchSize", m->kind->batch_default);
    m->window_ms = number_of(config, "MaximumBatchingWindowInSeconds", 0) * 1000;
    m->max_retries = number_of(config, "MaximumRetryAttempts", -1);
    int64_t age = number_of(config, "MaximumRecordAgeInSeconds", -1);
    m->max_age_ms = age < 0 ? -1 : age * 1000;
    m->enabled = str_is(text_of(config, "State"), "Enabled");
    m->from_start = !str_is(text_of(config, "StartingPosition"), "LATEST");
    m->bisect = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(config, "BisectBatchOnFunctionError"));
    m->partial = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(config, "FunctionResponseTypes")) > 0;
    m->max_lanes = m->kind->stream ? INT64_MAX : lanes_of(config);
    set_filters(m);
}

struct mapping *mapping_new(cJSON *config)
{
    struct mapping *m = xcalloc(1, sizeof(*m));
    mapping_set(m, config);
    return m;
}

void mapping_free(struct mapping *m)
{
    cJSON_Delete(m->config);
    drop_filters(m);
    free(m);
}

/* A pattern on `body` asks for a JSON object when it is one itself, and for plain text when it is a list: the
 * wrong kind of body is no match ("Filtering with SQS"). */
static bool body_fits(const struct filter *f, const cJSON *record, const cJSON *body_json)
{
    if (!cJSON_HasObjectItem(record, "body"))
        return true;
    return body_json ? !f->wants_text : !f->wants_json;
}

/* The record with its body as JSON: only filters see it so.  Its members are lent. */
static cJSON *view_of(const cJSON *record, const cJSON *body_json)
{
    cJSON *view = cJSON_CreateObject();
    const cJSON *member;
    cJSON_ArrayForEach (member, record) {
        const cJSON *seen = strcmp(member->string, "body") == 0 ? body_json : member;
        cJSON_AddItemReferenceToObject(view, member->string, (cJSON *)seen);
    }
    return view;
}

/* A match that costs too much is given up: then the function gets the record, so that none is lost. */
static bool filter_wants(const struct filter *f, const cJSON *view)
{
    int64_t work = PATTERN_WORK;
    return pattern_match(f->pattern, view, &work) || work < 0;
}

bool mapping_wants(const struct mapping *m, const cJSON *record, const cJSON *body_json)
{
    if (!m->filtered)
        return true;
    cJSON *view = body_json ? view_of(record, body_json) : NULL;
    bool wants = false;
    for (size_t i = 0; i < m->filter_count && !wants; i++) {
        const struct filter *f = &m->filters[i];
        wants = body_fits(f, record, body_json) && filter_wants(f, view ? view : record);
    }
    cJSON_Delete(view);
    return wants;
}

/* --- store */

static void mapping_key(struct key *k, struct str uuid)
{
    key_init(k, "bus.mapping");
    key_str(k, uuid);
}

enum rc mapping_store_put(struct store *s, const struct mapping *m)
{
    struct key k;
    mapping_key(&k, str_z(m->uuid));
    struct buf text;
    buf_init(&text, 1u << 20);
    json_print(&text, m->config);
    enum rc rc = store_put(s, key_view(&k), buf_view(&text));
    buf_release(&text);
    key_release(&k);
    return rc;
}

static void checkpoint_key(struct key *k, struct str uuid)
{
    key_init(k, "bus.checkpoint");
    key_str(k, uuid);
}

enum rc mapping_store_del(struct store *s, const struct mapping *m)
{
    struct key k;
    mapping_key(&k, str_z(m->uuid));
    enum rc rc = store_del(s, key_view(&k));
    key_release(&k);
    checkpoint_key(&k, str_z(m->uuid));
    if (rc == RC_OK)
        rc = store_wipe(s, key_view(&k));
    key_release(&k);
    return rc;
}

enum rc mapping_store_each(struct store *s, void (*each)(void *arg, cJSON *config), void *arg)
{
    struct key all, end;
    key_init(&all, "bus.mapping");
    key_after(&end, key_view(&all));
    struct store_cursor *at;
    enum rc rc = store_seek(s, &at, key_view(&all), key_view(&end), false);
    if (rc == RC_OK) {
        struct str value;
        while ((rc = store_next(at, NULL, &value)) == RC_OK) {
            cJSON *config = json_tree(value);
            if (config)
                each(arg, config);
        }
        store_cursor_close(at);
    }
    key_release(&all);
    key_release(&end);
    return rc == RC_END ? RC_OK : rc;
}

enum rc checkpoint_put(struct store *s, struct str uuid, struct str shard, struct str sequence)
{
    struct key k;
    checkpoint_key(&k, uuid);
    key_str(&k, shard);
    enum rc rc = store_put(s, key_view(&k), sequence);
    key_release(&k);
    return rc;
}

enum rc checkpoint_get(struct store *s, struct arena *a, struct str uuid, struct str shard,
                       struct str *sequence)
{
    struct key k;
    checkpoint_key(&k, uuid);
    key_str(&k, shard);
    struct str value;
    enum rc rc = store_get(s, key_view(&k), &value);
    if (rc == RC_OK)
        *sequence = arena_str(a, value);
    key_release(&k);
    return rc;
}
