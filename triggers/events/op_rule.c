/* PutRule, DeleteRule, DescribeRule, ListRules, EnableRule, DisableRule (EventBridge API reference). */
#include "base/rc.h"
#include "rule.h"

struct rule_in {
    struct str name, schedule, pattern, state, description, role, bus, prefix;
    const cJSON *tags;
    int64_t limit;
    struct str token;
};

#define NAME IN_STR(rule_in, name, "Name", .flags = SHAPE_REQ, RULE_NAME)
#define BUS IN_STR(rule_in, bus, "EventBusName")

static const char *const states[] = {"ENABLED", "DISABLED", NULL};

static const struct shape_row put_in[] = {
    NAME,
    IN_STR(rule_in, schedule, "ScheduleExpression", .max = 256),
    IN_STR(rule_in, pattern, "EventPattern"),
    IN_STR(rule_in, state, "State", .one_of = states),
    IN_STR(rule_in, description, "Description", .max = 512),
    IN_STR(rule_in, role, "RoleArn", .min = 1, .max = 1600), /* kept and answered: nothing is signed here */
    IN_TREE(rule_in, tags, "Tags"),
    BUS,
    SHAPE_END,
};
static const struct shape_row name_in[] = {NAME, BUS, SHAPE_END};
static const struct shape_row list_in[] = {
    IN_STR(rule_in, prefix, "NamePrefix", .min = 1, .max = 64),
    BUS,
    IN_STR(rule_in, token, "NextToken"),
    IN_INT(rule_in, limit, "Limit", .min = 1, .max = 100),
    SHAPE_END,
};

static void add_text(struct call *c, cJSON *o, const char *name, struct str s)
{
    if (s.p)
        cJSON_AddStringToObject(o, name, arena_z(&c->arena, s));
}

/* The row of the rule as it is asked for now: what is not given is gone, only its targets and its beginning
 * stay. */
static cJSON *row_of(struct call *c, const struct rule_in *req, const struct rule *old)
{
    cJSON *row = cJSON_CreateObject();
    add_text(c, row, "Name", req->name);
    add_text(c, row, "Arn", rule_arn(c, req->name));
    add_text(c, row, "ScheduleExpression", req->schedule);
    add_text(c, row, "State", req->state.p ? req->state : STR("ENABLED"));
    add_text(c, row, "Description", req->description);
    add_text(c, row, "RoleArn", req->role);
    cJSON_AddNumberToObject(row, "Created", (double)(old ? old->created : c->now));
    cJSON_AddItemToObject(row, "Targets",
                          old ? json_copy(cJSON_GetObjectItem(old->row, "Targets")) : cJSON_CreateArray());
    return row;
}

static enum op_end put(struct call *c, const void *input)
{
    const struct rule_in *req = input;
    struct events *e = events_of(c);
    struct schedule schedule;
    if (events_refuse_bus(c, req->bus) != OP_DONE)
        return OP_FAULT;
    if (req->pattern.p)
        return call_fail(c, &events_validation, "EventPattern is not supported by tidepool yet.");
    if (cJSON_GetArraySize(req->tags) > 0)
        return call_fail(c, &events_validation, "Tags is not supported by tidepool yet.");
    if (!req->schedule.p)
        return call_fail(c, &events_validation,
                         "Parameter(s) EventPattern or ScheduleExpression must be specified.");
    if (!schedule_parse(req->schedule, &schedule))
        return call_fail(c, &events_validation, "Parameter ScheduleExpression is not valid.");

    const struct rule *old = rule_named(c, req->name);
    cJSON *row = row_of(c, req, old);
    bool same = old && json_equal(row, old->row);
    if (same)
        cJSON_Delete(row);
    else if (rule_put(c, e, row) != RC_OK)
        return call_broke(c, RC_IO);
    cJSON_AddStringToObject(call_out(c), "RuleArn", rule_arn(c, req->name).p);
    return OP_DONE;
}

static enum op_end end_rule(struct call *c, const void *input)
{
    const struct rule_in *req = input;
    if (events_refuse_bus(c, req->bus) != OP_DONE)
        return OP_FAULT;
    struct rule *r = rule_named(c, req->name);
    if (!r)
        return OP_DONE;
    if (cJSON_GetArraySize(cJSON_GetObjectItem(r->row, "Targets")) > 0)
        return call_fail(c, &events_has_targets, NULL);
    return rule_del(c, events_of(c), r) == RC_OK ? OP_DONE : call_broke(c, RC_IO);
}

/* As AWS shows a rule: without what only we keep. */
static cJSON *shown(const struct rule *r)
{
    cJSON *o = json_copy(r->row);
    cJSON_DeleteItemFromObjectCaseSensitive(o, "Created");
    cJSON_DeleteItemFromObjectCaseSensitive(o, "Targets");
    cJSON_AddStringToObject(o, "EventBusName", "default");
    return o;
}

static enum op_end describe(struct call *c, const void *input)
{
    const struct rule_in *req = input;
    const struct rule *r = rule_find(c, req->bus, req->name);
    if (!r)
        return OP_FAULT;
    c->out = shown(r);
    add_text(c, c->out, "CreatedBy", c->account);
    return OP_DONE;
}

static enum op_end list(struct call *c, const void *input)
{
    const struct rule_in *req = input;
    struct events *e = events_of(c);
    if (events_refuse_bus(c, req->bus) != OP_DONE)
        return OP_FAULT;
    cJSON *rules = cJSON_AddArrayToObject(call_out(c), "Rules");
    int64_t left = req->limit == SHAPE_NO_INT ? 100 : req->limit;
    bool begun = !req->token.n;
    struct str last = STR_NONE, wanted = rule_arn(c, req->prefix);
    struct map_entry *at = e->rules.first;
    struct rule *r;
    while ((r = map_each(&at, NULL))) {
        bool here = str_starts(r->arn, wanted);
        if (begun && here && left == 0) {
            cJSON_AddStringToObject(c->out, "NextToken", arena_z(&c->arena, last));
            break;
        }
        if (begun && here) {
            cJSON_AddItemToArray(rules, shown(r));
            last = r->name, left--;
        }
        begun = begun || (here && str_eq(req->token, r->name));
    }
    return OP_DONE;
}

static enum op_end set_state(struct call *c, const struct rule_in *req, const char *state)
{
    struct rule *r = rule_find(c, req->bus, req->name);
    if (!r)
        return OP_FAULT;
    cJSON *row = json_copy(r->row);
    cJSON_ReplaceItemInObjectCaseSensitive(row, "State", cJSON_CreateString(state));
    return rule_put(c, events_of(c), row) == RC_OK ? OP_DONE : call_broke(c, RC_IO);
}

static enum op_end enable(struct call *c, const void *input)
{
    return set_state(c, input, "ENABLED");
}

static enum op_end disable(struct call *c, const void *input)
{
    return set_state(c, input, "DISABLED");
}

const struct op_row events_put_rule = {"PutRule", put, put_in, sizeof(struct rule_in), .status = 200};
const struct op_row events_delete_rule = {"DeleteRule",           end_rule,      name_in,
                                          sizeof(struct rule_in), .status = 200, .flags = OP_SILENT};
const struct op_row events_describe_rule = {"DescribeRule", describe, name_in, sizeof(struct rule_in),
                                            .status = 200};
const struct op_row events_list_rules = {"ListRules", list, list_in, sizeof(struct rule_in), .status = 200};
const struct op_row events_enable_rule = {"EnableRule",           enable,        name_in,
                                          sizeof(struct rule_in), .status = 200, .flags = OP_SILENT};
const struct op_row events_disable_rule = {"DisableRule",          disable,       name_in,
                                           sizeof(struct rule_in), .status = 200, .flags = OP_SILENT};
