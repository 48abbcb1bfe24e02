/* Lambda's operations on event source mappings.
 * CreateEventSourceMapping, GetEventSourceMapping, ListEventSourceMappings, UpdateEventSourceMapping,
 * DeleteEventSourceMapping (Lambda API reference); PutEventSourceMapping is the template's idempotent twin.
 */
#include "base/pattern.h"
#include "bus_inside.h"
#include "door/arn.h"
#include "door/door.h"
#include "poller.h"

struct mapping_in {
    struct str uuid, function, source, position;
    int enabled, bisect;
    int64_t batch, window, retries, age, factor, tumbling;
    const cJSON *filters, *responses, *scaling, *destinations, *provisioned, *self_managed, *topics, *queues,
        *access, *tags, *metrics, *logging;
    int64_t timestamp;
    struct str key;
    int64_t max_items;
    struct str marker;
};

static const char *const positions[] = {"TRIM_HORIZON", "LATEST", "AT_TIMESTAMP", NULL};
static const char *const response_types[] = {"ReportBatchItemFailures", NULL};
static const struct shape_row response_type[] = {OUT(SHAPE_STR, "member", .one_of = response_types),
                                                 SHAPE_END};

static const struct shape_row filter_members[] = {OUT(SHAPE_STR, "Pattern", .max = 4096), SHAPE_END};
static const struct shape_row filter[] = {OUT(SHAPE_STRUCT, "member", .of = filter_members), SHAPE_END};
static const struct shape_row criteria_members[] = {OUT(SHAPE_LIST, "Filters", .of = filter), SHAPE_END};
static const struct shape_row scaling_members[] = {
    OUT(SHAPE_INT, "MaximumConcurrency", .min = 2, .max = 1000), SHAPE_END};

#define SETTINGS                                                                                             \
    IN_BOOL(mapping_in, enabled, "Enabled"), IN_INT(mapping_in, batch, "BatchSize", .min = 1, .max = 10000), \
        IN_STRUCT(mapping_in, filters, "FilterCriteria", .of = criteria_members),                            \
        IN_INT(mapping_in, window, "MaximumBatchingWindowInSeconds", .min = 0, .max = 300),                  \
        IN_INT(mapping_in, factor, "ParallelizationFactor", .min = 1, .max = 10),                            \
        IN_TREE(mapping_in, destinations, "DestinationConfig"),                                              \
        IN_INT(mapping_in, age, "MaximumRecordAgeInSeconds", .min = -1, .max = 604800),                      \
        IN_BOOL(mapping_in, bisect, "BisectBatchOnFunctionError"),                                           \
        IN_INT(mapping_in, retries, "MaximumRetryAttempts", .min = -1, .max = 10000),                        \
        IN_INT(mapping_in, tumbling, "TumblingWindowInSeconds", .min = 0, .max = 900),                       \
        IN_LIST(mapping_in, responses, "FunctionResponseTypes", .max = 1, .of = response_type),              \
        IN_STRUCT(mapping_in, scaling, "ScalingConfig", .of = scaling_members),                              \
        IN_TREE(mapping_in, access, "SourceAccessConfigurations"), IN_STR(mapping_in, key, "KMSKeyArn"),     \
        IN_TREE(mapping_in, provisioned, "ProvisionedPollerConfig"),                                         \
        IN_TREE(mapping_in, metrics, "MetricsConfig"), IN_TREE(mapping_in, logging, "LoggingConfig")

static const struct shape_row create_in[] = {
    IN_STR(mapping_in, function, "FunctionName", .flags = SHAPE_REQ, .min = 1, .max = 256),
    IN_STR(mapping_in, source, "EventSourceArn"),
    IN_STR(mapping_in, position, "StartingPosition", .one_of = positions),
    IN_TREE(mapping_in, self_managed, "SelfManagedEventSource"),
    IN_TREE(mapping_in, topics, "Topics"),
    IN_TREE(mapping_in, queues, "Queues"),
    IN_TREE(mapping_in, tags, "Tags"),
    IN_TIME(mapping_in, timestamp, "StartingPositionTimestamp"),
    SETTINGS,
    SHAPE_END,
};

static const struct shape_row update_in[] = {
    IN_STR(mapping_in, uuid, "UUID", .flags = SHAPE_REQ | SHAPE_IN_URI),
    IN_STR(mapping_in, function, "FunctionName", .min = 1, .max = 256),
    SETTINGS,
    SHAPE_END,
};

static const struct shape_row uuid_in[] = {
    IN_STR(mapping_in, uuid, "UUID", .flags = SHAPE_REQ | SHAPE_IN_URI),
    SHAPE_END,
};

static const struct shape_row list_in[] = {
    IN_STR(mapping_in, source, "EventSourceArn", .flags = SHAPE_IN_QUERY),
    IN_STR(mapping_in, function, "FunctionName", .flags = SHAPE_IN_QUERY, .min = 1, .max = 256),
    IN_STR(mapping_in, marker, "Marker", .flags = SHAPE_IN_QUERY),
    IN_INT(mapping_in, max_items, "MaxItems", .flags = SHAPE_IN_QUERY, .min = 1, .max = 10000),
    SHAPE_END,
};

/* --- checks */

/* What AWS has and tidepool has not (yet): refused by name. */
static const char *unsupported(const struct mapping_in *req)
{
    const struct {
        bool asked;
        const char *name;
    } rows[] = {
        {req->destinations &&
             cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(req->destinations, "OnFailure")) > 0,
         "DestinationConfig"},
        {req->factor > 1, "ParallelizationFactor above 1"},
        {req->tumbling > 0, "TumblingWindowInSeconds"},
        {req->provisioned != NULL, "ProvisionedPollerConfig"},
        {req->self_managed != NULL, "SelfManagedEventSource"},
        {req->topics != NULL, "Topics"},
        {req->queues != NULL, "Queues"},
        {req->access != NULL, "SourceAccessConfigurations"},
        {req->key.n > 0, "KMSKeyArn"},
        {req->metrics && req->metrics->child, "MetricsConfig"},
        {req->logging && req->logging->child, "LoggingConfig"},
        {req->tags && req->tags->child, "Tags"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (rows[i].asked)
            return rows[i].name;
    return NULL;
}

static bool filters_valid(struct call *c, const cJSON *criteria)
{
    const cJSON *f;
    cJSON_ArrayForEach (f, cJSON_GetObjectItemCaseSensitive(criteria, "Filters")) {
        struct str why; /* AWS does not say */
        struct pattern *p = pattern_new(json_tree_foreign(json_member_text(f, "Pattern")), &c->arena, &why);
        pattern_free(p);
        if (!p)
            return false;
    }
    return true;
}

static enum op_end bad(struct call *c, const char *text)
{
    return call_fail(c, &bus_invalid_parameter, "%s", text);
}

static enum op_end check_settings(struct call *c, const struct mapping_in *req,
                                  const struct source_kind *kind, int64_t batch, int64_t window)
{
    const char *name = unsupported(req);
    if (name)
        return call_fail(c, &bus_invalid_parameter, "%s is not supported by tidepool yet.", name);
    if (!filters_valid(c, req->filters))
        return bad(c, "Invalid filter pattern definition.");
    bool stream_only = req->bisect > 0 || req->retries > -1 || req->age > -1;
    if (!kind->stream && stream_only)
        return bad(
            c, "Unsupported parameter for event source type: SQS does not take BisectBatchOnFunctionError, "
               "MaximumRetryAttempts or MaximumRecordAgeInSeconds.");
    if (kind->stream && req->scaling)
        return bad(c, "ScalingConfig is only for SQS event sources.");
    if (batch > kind->batch_max_no_window && window < 1)
        return bad(c, "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
                      "greater than 10");
    if (req->age != SHAPE_NO_INT && req->age >= 0 && req->age < 60)
        return bad(c, "MaximumRecordAgeInSeconds must be -1 or between 60 and 604800.");
    return OP_DONE;
}

static enum op_end check_position(struct call *c, const struct mapping_in *req,
                                  const struct source_kind *kind)
{
    if (!kind->stream && req->position.p)
        return bad(c, "StartingPosition is not valid for SQS event sources.");
    if (kind->stream && !req->position.p)
        return bad(
            c, "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
               "Member must not be null.");
    if (req->timestamp != SHAPE_NO_INT || str_is(req->position, "AT_TIMESTAMP"))
        return call_fail(c, &bus_invalid_parameter, "Unsupported starting position for arn type: %.*s",
                         STR_ARG(req->source));
    return OP_DONE;
}

/* The function's ARN and timeout; the fault of GetFunction is ours. */
static enum op_end find_function(struct call *c, struct str name, struct str *arn, int64_t *timeout)
{
    struct call *k = door_open(c->world, c, "lambda", "GetFunctionConfiguration");
    k->in = cJSON_CreateObject();
    cJSON_AddStringToObject(k->in, "FunctionName", arena_z(&c->arena, name));
    enum op_end end = OP_DONE;
    if (door_call(k)) {
        *arn = arena_str(&c->arena, json_text(cJSON_GetObjectItem(k->out, "FunctionArn")));
        *timeout = (int64_t)cJSON_GetNumberValue(cJSON_GetObjectItem(k->out, "Timeout"));
    } else {
        end = call_fail(c, k->fault, "%.*s", STR_ARG(k->fault_text));
    }
    call_free(k);
    return end;
}

static struct call *ask_queue(struct call *c, struct str source)
{
    struct arn arn;
    arn_parse(source, &arn);
    struct call *k = door_open(c->world, c, "sqs", "GetQueueAttributes");
    k->in = cJSON_CreateObject();
    cJSON_AddStringToObject(k->in, "QueueUrl",
                            arena_printf(&k->arena, "%.*s/%.*s/%.*s", STR_ARG(c->world->origin),
                                         STR_ARG(arn.account), STR_ARG(arn.resource))
                                .p);
    cJSON *names = cJSON_AddArrayToObject(k->in, "AttributeNames");
    cJSON_AddItemToArray(names, cJSON_CreateString("VisibilityTimeout"));
    cJSON_AddItemToArray(names, cJSON_CreateString("QueueArn"));
    return k;
}

static struct str attribute_of(const struct call *k, const char *name)
{
    const cJSON *attributes = cJSON_GetObjectItem(k->out, "Attributes");
    return json_text(cJSON_GetObjectItem(attributes, name));
}

/* A URL names no region: the queue that answers must be the one that was meant. */
static enum op_end check_queue(struct call *c, struct str source, int64_t timeout)
{
    static const char failed[] =
        "Error occurred while ReceiveMessage. SQS Error Code: %s. SQS Error Message: %.*s";
    struct call *k = ask_queue(c, source);
    enum op_end end = OP_DONE;
    int64_t visibility = 0;
    if (!door_call(k))
        end = call_fail(c, &bus_invalid_parameter, failed, k->fault->query ? k->fault->query : k->fault->code,
                        STR_ARG(k->fault_text));
    else if (!str_eq(attribute_of(k, "QueueArn"), source))
        end = call_fail(c, &bus_invalid_parameter, failed, "AWS.SimpleQueueService.NonExistentQueue",
                        STR_ARG(STR("The specified queue does not exist.")));
    else if (str_to_i64(attribute_of(k, "VisibilityTimeout"), &visibility) && visibility < timeout)
        end = call_fail(c, &bus_invalid_parameter,
                        "Queue visibility timeout: %lld seconds is less than Function timeout: %lld seconds",
                        (long long)visibility, (long long)timeout);
    call_free(k);
    return end;
}

static enum op_end check_stream(struct call *c, struct str source)
{
    struct call *k = door_open(c->world, c, "dynamodbstreams", "DescribeStream");
    k->in = cJSON_CreateObject();
    cJSON_AddStringToObject(k->in, "StreamArn", arena_z(&k->arena, source));
    enum op_end end = OP_DONE;
    if (!door_call(k))
        end = call_fail(c, &bus_invalid_parameter, "Stream not found: %.*s", STR_ARG(source));
    call_free(k);
    return end;
}

/* --- building the config */

static void set(cJSON *o, const char *name, cJSON *value)
{
    if (cJSON_HasObjectItem(o, name))
        cJSON_ReplaceItemInObjectCaseSensitive(o, name, value);
    else
        cJSON_AddItemToObject(o, name, value);
}

static void set_text(cJSON *o, const char *name, struct str s, struct arena *a)
{
    set(o, name, cJSON_CreateString(arena_z(a, s)));
}

static void set_number(cJSON *o, const char *name, int64_t asked, int64_t otherwise)
{
    if (asked != SHAPE_NO_INT)
        set(o, name, cJSON_CreateNumber((double)asked));
    else if (!cJSON_HasObjectItem(o, name))
        set(o, name, cJSON_CreateNumber((double)otherwise));
}

/* An empty one takes it away. */
static void set_tree(cJSON *o, const char *name, const cJSON *asked)
{
    if (asked && asked->child)
        set(o, name, json_copy(asked));
    else if (asked)
        cJSON_DeleteItemFromObjectCaseSensitive(o, name);
}

/* Whatever was asked for over what was there, or over the defaults of the kind. */
static void apply_settings(struct call *c, cJSON *o, const struct mapping_in *req,
                           const struct source_kind *kind)
{
    set_number(o, "BatchSize", req->batch, kind->batch_default);
    set_number(o, "MaximumBatchingWindowInSeconds", req->window, 0);
    set_tree(o, "FilterCriteria", req->filters);
    set_tree(o, "ScalingConfig", req->scaling);
    if (req->responses)
        set(o, "FunctionResponseTypes", json_copy(req->responses));
    if (kind->stream) {
        set_number(o, "ParallelizationFactor", req->factor, 1);
        set_number(o, "MaximumRecordAgeInSeconds", req->age, -1);
        set_number(o, "MaximumRetryAttempts", req->retries, -1);
        set_number(o, "TumblingWindowInSeconds", req->tumbling, 0);
        if (req->bisect >= 0 || !cJSON_HasObjectItem(o, "BisectBatchOnFunctionError"))
            set(o, "BisectBatchOnFunctionError", cJSON_CreateBool(req->bisect > 0));
    }
    if (req->enabled >= 0 || !cJSON_HasObjectItem(o, "State"))
        set_text(o, "State", req->enabled == 0 ? STR("Disabled") : STR("Enabled"), &c->arena);
}

static void touch(struct call *c, cJSON *o)
{
    set(o, "LastModified", cJSON_CreateNumber((double)c->now / 1000.0));
}

static cJSON *new_config(struct call *c, const struct mapping_in *req, const struct source_kind *kind,
                         struct str function)
{
    struct arena *a = &c->arena;
    struct str uuid = call_uuid(c);
    cJSON *o = cJSON_CreateObject();
    set_text(o, "UUID", uuid, a);
    set_text(o, "EventSourceArn", req->source, a);
    set_text(o, "FunctionArn", function, a);
    set_text(o, "EventSourceMappingArn",
             arn_make(a, "lambda", c->region, c->account,
                      arena_printf(a, "event-source-mapping:%.*s", STR_ARG(uuid))),
             a);
    if (req->position.p)
        set_text(o, "StartingPosition", req->position, a);
    set_text(o, "StateTransitionReason", kind->stream ? STR("User action") : STR("USER_INITIATED"), a);
    cJSON_AddArrayToObject(o, "FunctionResponseTypes");
    if (kind->stream) /* nobody hears of records that were given up (README) */
        cJSON_AddObjectToObject(cJSON_AddObjectToObject(o, "DestinationConfig"), "OnFailure");
    set_text(o, "LastProcessingResult", STR("No records processed"), a);
    apply_settings(c, o, req, kind);
    touch(c, o);
    return o;
}

/* The answer: the config, with the passing state that AWS shows ("Creating"), or its own. */
static void answer(struct call *c, const struct mapping *m, const char *state)
{
    cJSON_Delete(c->out);
    c->out = json_copy(m->config);
    if (state)
        cJSON_ReplaceItemInObjectCaseSensitive(c->out, "State", cJSON_CreateString(state));
}

static struct mapping *find_pair(struct bus *b, struct str source, struct str function)
{
    struct map_entry *at = b->mappings.first;
    struct mapping *m;
    while ((m = map_each(&at, NULL)))
        if (str_eq(m->source_arn, source) && str_eq(m->function_arn, function))
            return m;
    return NULL;
}

static enum op_end keep_new(struct call *c, struct bus *b, cJSON *config, const char *state)
{
    struct mapping *m = mapping_new(config);
    if (mapping_store_put(c->txn, m) != RC_OK) {
        mapping_free(m);
        return call_broke(c, RC_IO);
    }
    map_put(&b->mappings, str_z(m->uuid), m);
    answer(c, m, state);
    bus_apply(b, m);
    return OP_DONE;
}

/* --- operations */

static enum op_end check_all(struct call *c, const struct mapping_in *req, const struct source_kind **kind,
                             struct str *function)
{
    int64_t timeout = 0;
    if (unsupported(req))
        return check_settings(c, req, source_kind_of(req->source), 0, 0);
    *kind = source_kind_of(req->source);
    if (!req->source.p)
        return bad(c, "The event source arn must not be null.");
    if (!*kind)
        return call_fail(c, &bus_invalid_parameter,
                         "Unrecognized event source, must be SQS or DynamoDB Streams: %.*s",
                         STR_ARG(req->source));
    if (check_settings(c, req, *kind, req->batch == SHAPE_NO_INT ? (*kind)->batch_default : req->batch,
                       req->window == SHAPE_NO_INT ? 0 : req->window) != OP_DONE ||
        check_position(c, req, *kind) != OP_DONE ||
        find_function(c, req->function, function, &timeout) != OP_DONE)
        return OP_FAULT;
    return (*kind)->stream ? check_stream(c, req->source) : check_queue(c, req->source, timeout);
}

static enum op_end create(struct call *c, const void *input)
{
    const struct mapping_in *req = input;
    struct bus *b = bus_of(c);
    const struct source_kind *kind;
    struct str function;
    if (check_all(c, req, &kind, &function) != OP_DONE)
        return OP_FAULT;
    const struct mapping *twin = find_pair(b, req->source, function);
    if (twin)
        return call_fail(
            c, &bus_conflict,
            "The event source arn (\" %.*s \") and function (\" %.*s \") provided mapping already exists. "
            "Please update or delete the existing mapping with UUID %s",
            STR_ARG(req->source), STR_ARG(req->function), twin->uuid);
    return keep_new(c, b, new_config(c, req, kind, function), "Creating");
}

/* A mapping that is there already takes the config over (moved), unless it says the same. */
static enum op_end change(struct call *c, struct bus *b, struct mapping *m, cJSON *config, const char *state)
{
    if (json_equal(config, m->config)) {
        cJSON_Delete(config);
        answer(c, m, NULL);
        return OP_DONE;
    }
    touch(c, config);
    struct mapping *changed = mapping_new(config);
    enum rc rc = mapping_store_put(c->txn, changed);
    if (rc == RC_OK)
        mapping_set(m, json_copy(config));
    mapping_free(changed);
    if (rc != RC_OK)
        return call_broke(c, rc);
    answer(c, m, state);
    bus_apply(b, m);
    return OP_DONE;
}

/* What is no setting stays as it was. */
static void carry_over(cJSON *config, const cJSON *old)
{
    static const char *const names[] = {"UUID", "EventSourceMappingArn", "LastModified",
                                        "LastProcessingResult"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        set(config, names[i], json_copy(cJSON_GetObjectItemCaseSensitive(old, names[i])));
}

static enum op_end put(struct call *c, const void *input)
{
    const struct mapping_in *req = input;
    struct bus *b = bus_of(c);
    const struct source_kind *kind;
    struct str function;
    if (check_all(c, req, &kind, &function) != OP_DONE)
        return OP_FAULT;
    cJSON *config = new_config(c, req, kind, function);
    struct mapping *m = find_pair(b, req->source, function);
    if (!m)
        return keep_new(c, b, config, NULL);
    carry_over(config, m->config);
    return change(c, b, m, config, NULL);
}

static struct mapping *find(struct call *c, struct bus *b, struct str uuid)
{
    struct mapping *m = map_get(&b->mappings, uuid);
    if (!m)
        call_fail(c, &bus_not_found, NULL);
    return m;
}

static enum op_end get(struct call *c, const void *input)
{
    const struct mapping_in *req = input;
    struct mapping *m = find(c, bus_of(c), req->uuid);
    if (!m)
        return OP_FAULT;
    answer(c, m, NULL);
    return OP_DONE;
}

/* Full ARN, or the name at its end. */
static bool names_function(struct str asked, struct str arn)
{
    struct str tail = str_sub(arn, arn.n > asked.n ? arn.n - asked.n : 0, asked.n);
    return str_eq(asked, arn) ||
           (str_eq(asked, tail) && arn.n > asked.n && arn.p[arn.n - asked.n - 1] == ':');
}

/* Markers are the UUID of the last mapping given; the order is that of creation. */
static enum op_end list(struct call *c, const void *input)
{
    const struct mapping_in *req = input;
    struct bus *b = bus_of(c);
    cJSON *out = cJSON_AddArrayToObject(call_out(c), "EventSourceMappings");
    int64_t left = req->max_items == SHAPE_NO_INT ? 100 : req->max_items;
    bool begun = !req->marker.n;
    const struct mapping *last = NULL;
    struct map_entry *at = b->mappings.first;
    struct mapping *m;
    while ((m = map_each(&at, NULL))) {
        bool here = (!req->source.n || str_eq(req->source, m->source_arn)) &&
                    (!req->function.n || names_function(req->function, m->function_arn));
        if (begun && here && left == 0) {
            cJSON_AddStringToObject(c->out, "NextMarker", last->uuid);
            break;
        }
        if (begun && here) {
            cJSON_AddItemToArray(out, json_copy(m->config));
            last = m, left--;
        }
        begun = begun || str_is(req->marker, m->uuid);
    }
    return OP_DONE;
}

static enum op_end update(struct call *c, const void *input)
{
    const struct mapping_in *req = input;
    struct bus *b = bus_of(c);
    struct mapping *m = find(c, b, req->uuid);
    struct str function = STR_NONE;
    int64_t timeout;
    if (!m)
        return OP_FAULT;
    if (req->function.p && find_function(c, req->function, &function, &timeout) != OP_DONE)
        return OP_FAULT;
    if (check_settings(c, req, m->kind, req->batch == SHAPE_NO_INT ? m->batch_size : req->batch,
                       req->window == SHAPE_NO_INT ? m->window_ms / 1000 : req->window) != OP_DONE)
        return OP_FAULT;
    cJSON *config = json_copy(m->config);
    apply_settings(c, config, req, m->kind);
    if (function.n)
        set_text(config, "FunctionArn", function, &c->arena);
    return change(c, b, m, config, "Updating");
}

static enum op_end end_mapping(struct call *c, const void *input)
{
    const struct mapping_in *req = input;
    struct bus *b = bus_of(c);
    struct mapping *m = find(c, b, req->uuid);
    if (!m)
        return OP_FAULT;
    if (mapping_store_del(c->txn, m) != RC_OK)
        return call_broke(c, RC_IO);
    answer(c, m, "Deleting");
    map_del(&b->mappings, req->uuid);
    poller_stop(m);
    mapping_free(m);
    return OP_DONE;
}

const struct op_row bus_create_mapping = {
    "CreateEventSourceMapping",
    create,
    create_in,
    sizeof(struct mapping_in),
    .http = "POST /2015-03-31/event-source-mappings",
    .status = 202,
};
const struct op_row bus_put_mapping = {
    "PutEventSourceMapping", put, create_in, sizeof(struct mapping_in), .flags = OP_INTERNAL,
};
const struct op_row bus_get_mapping = {
    "GetEventSourceMapping",
    get,
    uuid_in,
    sizeof(struct mapping_in),
    .http = "GET /2015-03-31/event-source-mappings/{UUID}",
};
const struct op_row bus_list_mappings = {
    "ListEventSourceMappings",
    list,
    list_in,
    sizeof(struct mapping_in),
    .http = "GET /2015-03-31/event-source-mappings",
};
const struct op_row bus_update_mapping = {
    "UpdateEventSourceMapping",
    update,
    update_in,
    sizeof(struct mapping_in),
    .http = "PUT /2015-03-31/event-source-mappings/{UUID}",
    .status = 202,
};
const struct op_row bus_delete_mapping = {
    "DeleteEventSourceMapping",
    end_mapping,
    uuid_in,
    sizeof(struct mapping_in),
    .http = "DELETE /2015-03-31/event-source-mappings/{UUID}",
    .status = 202,
};
