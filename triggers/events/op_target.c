/* PutTargets, RemoveTargets, ListTargetsByRule (EventBridge API reference), and Fire: a rule's time has come.
 */
#include "base/json.h"
#include "door/arn.h"
#include "door/outbox.h"
#include "rule.h"

struct target_in {
    struct str rule, bus, name;
    const cJSON *targets, *ids;
    int64_t time;
};

static const struct shape_row target_rows[] = {
    OUT(SHAPE_STR, "Id", .flags = SHAPE_REQ, RULE_NAME),
    OUT(SHAPE_STR, "Arn", .flags = SHAPE_REQ, .min = 1, .max = 1600),
    OUT(SHAPE_STR, "Input", .max = 8192),
    SHAPE_END,
};
static const struct shape_row target[] = {OUT(SHAPE_STRUCT, "member", .of = target_rows), SHAPE_END};
static const struct shape_row id[] = {OUT(SHAPE_STR, "member", RULE_NAME), SHAPE_END};

#define TARGETS_MAX 5 /* of a rule */

#define RULE                                                                                                 \
    IN_STR(target_in, rule, "Rule", .flags = SHAPE_REQ, RULE_NAME), IN_STR(target_in, bus, "EventBusName")

static const struct shape_row put_in[] = {
    RULE,
    IN_LIST(target_in, targets, "Targets", .flags = SHAPE_REQ, .min = 1, .max = 100, .of = target),
    SHAPE_END,
};
static const struct shape_row remove_in[] = {
    RULE,
    IN_LIST(target_in, ids, "Ids", .flags = SHAPE_REQ, .min = 1, .max = 100, .of = id),
    SHAPE_END,
};
static const struct shape_row list_in[] = {RULE, SHAPE_END};
static const struct shape_row fire_in[] = {
    IN_STR(target_in, name, "Name", .flags = SHAPE_REQ),
    IN_INT(target_in, time, "Time", .flags = SHAPE_REQ),
    SHAPE_END,
};

/* Members of a target that would change what is delivered, and that tidepool does not do. */
static const char *unsupported(const cJSON *t)
{
    static const char *const names[] = {
        "InputPath",
        "InputTransformer",
        "KinesisParameters",
        "RunCommandParameters",
        "EcsParameters",
        "BatchParameters",
        "SqsParameters",
        "HttpParameters",
        "RetryPolicy",
        "DeadLetterConfig",
        "RedshiftDataParameters",
        "SageMakerPipelineParameters",
        "AppSyncParameters",
        NULL,
    };
    for (const char *const *n = names; *n; n++)
        if (cJSON_HasObjectItem(t, *n))
            return *n;
    return NULL;
}

static const char *text_in(const cJSON *t, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(t, name));
}

static void drop_target(cJSON *targets, const char *target_id)
{
    int at = 0;
    const cJSON *t;
    cJSON_ArrayForEach (t, targets) {
        const char *z = text_in(t, "Id");
        if (z && strcmp(z, target_id) == 0) {
            cJSON_DeleteItemFromArray(targets, at);
            return;
        }
        at++;
    }
}

static enum op_end answer_none_failed(struct call *c)
{
    cJSON_AddNumberToObject(call_out(c), "FailedEntryCount", 0);
    cJSON_AddArrayToObject(c->out, "FailedEntries");
    return OP_DONE;
}

static enum op_end keep(struct call *c, struct rule *r, cJSON *row)
{
    bool same = json_equal(row, r->row);
    if (same)
        cJSON_Delete(row);
    else if (rule_put(c, events_of(c), row) != RC_OK)
        return call_broke(c, RC_IO);
    return answer_none_failed(c);
}

static bool is_json(struct str text)
{
    cJSON *tree = json_tree_foreign(text);
    bool is = tree != NULL;
    cJSON_Delete(tree);
    return is;
}

static enum op_end check_target(struct call *c, const cJSON *t)
{
    struct arn arn;
    const char *no = unsupported(t), *text = text_in(t, "Arn"), *input = text_in(t, "Input");
    if (no)
        return call_fail(c, &events_validation, "%s is not supported by tidepool yet.", no);
    if (!arn_parse(str_z(text), &arn))
        return call_fail(c, &events_validation,
                         "Parameter %s is not valid. Reason: Provided Arn is not in correct format.", text);
    if (!str_is(arn.service, "lambda") && !str_is(arn.service, "sqs") && !str_is(arn.service, "sns"))
        return call_fail(c, &events_validation,
                         "Targets of the service %.*s are not supported by tidepool yet.",
                         STR_ARG(arn.service));
    if (!arn_of_service(str_z(text), arena_z(&c->arena, arn.service), &arn))
        return call_fail(c, &events_validation,
                         "Parameter %s is not valid. Reason: Provided Arn is not in correct format.", text);
    if (!str_eq(arn.region, c->region))
        return call_fail(c, &events_validation,
                         "Parameter %s is not valid. Reason: a target lies in its rule's region.", text);
    if (input && !is_json(str_z(input)))
        return call_fail(c, &events_validation, "JSON syntax error in input for target %s.",
                         text_in(t, "Id"));
    return OP_DONE;
}

static enum op_end put(struct call *c, const void *input)
{
    const struct target_in *req = input;
    struct rule *r = rule_find(c, req->bus, req->rule);
    if (!r)
        return OP_FAULT;
    const cJSON *t;
    cJSON_ArrayForEach (t, req->targets)
        if (check_target(c, t) != OP_DONE)
            return OP_FAULT;
    cJSON *row = json_copy(r->row), *targets = cJSON_GetObjectItem(row, "Targets");
    cJSON_ArrayForEach (t, req->targets) {
        drop_target(targets, text_in(t, "Id"));
        cJSON_AddItemToArray(targets, json_copy(t));
    }
    if (cJSON_GetArraySize(targets) > TARGETS_MAX) {
        cJSON_Delete(row);
        return call_fail(c, &events_limit, NULL);
    }
    return keep(c, r, row);
}

static enum op_end remove_targets(struct call *c, const void *input)
{
    const struct target_in *req = input;
    struct rule *r = rule_find(c, req->bus, req->rule);
    if (!r)
        return OP_FAULT;
    cJSON *row = json_copy(r->row);
    const cJSON *i;
    cJSON_ArrayForEach (i, req->ids)
        drop_target(cJSON_GetObjectItem(row, "Targets"), i->valuestring);
    return keep(c, r, row);
}

static enum op_end list(struct call *c, const void *input)
{
    const struct target_in *req = input;
    const struct rule *r = rule_find(c, req->bus, req->rule);
    if (!r)
        return OP_FAULT;
    cJSON_AddItemToObject(call_out(c), "Targets", json_copy(cJSON_GetObjectItem(r->row, "Targets")));
    return OP_DONE;
}

/* --- Fire */

/* "Scheduled Event", as EventBridge sends it. */
static struct str event_text(struct call *c, const struct rule *r, int64_t time)
{
    char iso[CLOCK_ISO_SIZE];
    clock_iso_s(time, iso);
    const char *arn = cJSON_GetStringValue(cJSON_GetObjectItem(r->row, "Arn"));
    return arena_printf(
        &c->arena,
        "{\"version\":\"0\",\"id\":\"%.*s\",\"detail-type\":\"Scheduled Event\",\"source\":\"aws.events\","
        "\"account\":\"%.*s\",\"time\":\"%s\",\"region\":\"%.*s\",\"resources\":[\"%s\"],\"detail\":{}}",
        STR_ARG(call_uuid(c)), STR_ARG(c->account), iso, STR_ARG(c->region), arn);
}

static enum rc deliver(struct call *c, const struct rule *r, const cJSON *t, struct str event)
{
    const char *input = text_in(t, "Input");
    const char *text = input ? input : event.p;
    const char *arn_text = text_in(t, "Arn");
    struct arn arn;
    arn_parse(str_z(arn_text), &arn);
    cJSON *in = cJSON_CreateObject();
    struct outbox_row row = {
        .in = in,
        .source = json_text(cJSON_GetObjectItem(r->row, "Arn")),
        .policy = STR("events"),
    };
    if (str_is(arn.service, "lambda")) {
        row.service = STR("lambda"), row.operation = STR("Invoke"), row.payload = str_z(text);
        cJSON_AddStringToObject(in, "FunctionName", arn_text);
        cJSON_AddStringToObject(in, "InvocationType", "Event");
    } else if (str_is(arn.service, "sqs")) {
        row.service = STR("sqs"), row.operation = STR("SendMessage");
        struct str url = arena_printf(&c->arena, "%.*s/%.*s/%.*s", STR_ARG(c->world->origin),
                                      STR_ARG(arn.account), STR_ARG(arn.resource));
        cJSON_AddStringToObject(in, "QueueUrl", url.p);
        cJSON_AddStringToObject(in, "MessageBody", text);
    } else {
        row.service = STR("sns"), row.operation = STR("Publish");
        cJSON_AddStringToObject(in, "TopicArn", arn_text);
        cJSON_AddStringToObject(in, "Message", text);
    }
    enum rc rc = outbox_put(c, &row);
    cJSON_Delete(in);
    return rc;
}

static enum op_end fire(struct call *c, const void *input)
{
    const struct target_in *req = input;
    const struct rule *r = rule_named(c, req->name);
    if (!r || !r->enabled)
        return OP_DONE; /* deleted or disabled meanwhile */
    struct str event = event_text(c, r, req->time);
    const cJSON *t;
    cJSON_ArrayForEach (t, cJSON_GetObjectItem(r->row, "Targets"))
        if (deliver(c, r, t, event) != RC_OK)
            return call_broke(c, RC_IO);
    return OP_DONE;
}

const struct op_row events_put_targets = {"PutTargets", put, put_in, sizeof(struct target_in), .status = 200};
const struct op_row events_remove_targets = {"RemoveTargets", remove_targets, remove_in,
                                             sizeof(struct target_in), .status = 200};
const struct op_row events_list_targets = {"ListTargetsByRule", list, list_in, sizeof(struct target_in),
                                           .status = 200};
const struct op_row events_fire = {"Fire", fire, fire_in, sizeof(struct target_in), .flags = OP_INTERNAL};
