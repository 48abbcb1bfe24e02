#include "base/json.h"
#include "door/arn.h"
#include "door/door.h"
#include "door/stored.h"
#include "rule.h"
#include "store/key.h"
#include <ctype.h>
#include <stdlib.h>

const struct fault events_not_found = {.code = "ResourceNotFoundException", .http = 400};
const struct fault events_validation = {.code = "ValidationException", .http = 400};
const struct fault events_has_targets = {
    .code = "ValidationException", .http = 400, .text = "Rule can't be deleted since it has targets."};

const struct fault events_limit = {.code = "LimitExceededException",
                                   .http = 400,
                                   .text = "The requested resource exceeds the maximum number allowed."};

static void plan(struct rule *r)
{
    timer_stop(r->world->timers, &r->timer);
    int64_t next = schedule_next(&r->schedule, r->created, clock_now(&r->world->clock));
    if (r->enabled && next != INT64_MAX)
        timer_set(r->world->timers, &r->timer, next);
}

static void due(struct timer *t)
{
    struct rule *r = list_of(t, struct rule, timer);
    struct call *c = door_open(r->world, NULL, "events", "Fire");
    struct arn arn;
    arn_parse(r->arn, &arn);
    c->from = CALL_TRIGGER;
    c->account = arena_str(&c->arena, arn.account);
    c->region = arena_str(&c->arena, arn.region);
    c->in = cJSON_CreateObject();
    cJSON_AddItemToObject(c->in, "Name", json_copy(cJSON_GetObjectItem(r->row, "Name")));
    cJSON_AddNumberToObject(c->in, "Time", (double)t->node.due);
    door_send(c);
    plan(r);
}

/* The model follows its row. */
static void rule_read(struct rule *r)
{
    r->name = json_text(cJSON_GetObjectItem(r->row, "Name"));
    r->arn = json_text(cJSON_GetObjectItem(r->row, "Arn"));
    r->created = (int64_t)cJSON_GetNumberValue(cJSON_GetObjectItem(r->row, "Created"));
    const char *state = cJSON_GetStringValue(cJSON_GetObjectItem(r->row, "State"));
    r->enabled = state && strcmp(state, "ENABLED") == 0;
    schedule_parse(json_text(cJSON_GetObjectItem(r->row, "ScheduleExpression")), &r->schedule);
    plan(r);
}

static void rule_take(struct events *e, cJSON *row)
{
    struct str arn = json_text(cJSON_GetObjectItem(row, "Arn"));
    struct rule *r = map_get(&e->rules, arn);
    if (!r) {
        r = xcalloc(1, sizeof(*r));
        r->world = e->world;
        r->timer.fire = due;
        map_put(&e->rules, arn, r);
    }
    cJSON_Delete(r->row);
    r->row = row;
    rule_read(r);
}

static void rule_free(struct rule *r)
{
    timer_stop(r->world->timers, &r->timer);
    cJSON_Delete(r->row);
    free(r);
}

static void rule_key(struct key *k, const cJSON *row)
{
    key_init(k, "events.rule");
    key_z(k, cJSON_GetStringValue(cJSON_GetObjectItem(row, "Arn")));
}

enum rc rule_put(struct call *c, struct events *e, cJSON *row)
{
    struct key k;
    rule_key(&k, row);
    struct buf text;
    buf_init(&text, 1u << 20);
    json_print(&text, row);
    enum rc rc = store_put(c->txn, key_view(&k), buf_view(&text));
    buf_release(&text);
    key_release(&k);
    if (rc == RC_OK)
        rule_take(e, row);
    else
        cJSON_Delete(row);
    return rc;
}

enum rc rule_del(struct call *c, struct events *e, struct rule *r)
{
    struct key k;
    rule_key(&k, r->row);
    enum rc rc = store_del(c->txn, key_view(&k));
    key_release(&k);
    if (rc != RC_OK)
        return rc;
    map_del(&e->rules, r->arn);
    rule_free(r);
    return RC_OK;
}

static void load(struct events *e)
{
    if (e->loaded)
        return;
    e->loaded = true;
    struct key all, end;
    key_init(&all, "events.rule");
    key_after(&end, key_view(&all));
    struct store_cursor *at;
    struct str value;
    if (store_seek(e->world->store, &at, key_view(&all), key_view(&end), false) == RC_OK) {
        while (store_next(at, NULL, &value) == RC_OK) {
            cJSON *row = json_tree(value);
            if (row)
                rule_take(e, row);
        }
        store_cursor_close(at);
    }
    key_release(&all);
    key_release(&end);
}

static void forget(struct events *e)
{
    struct map_entry *at = e->rules.first;
    struct rule *r;
    while ((r = map_each(&at, NULL)))
        rule_free(r);
    map_release(&e->rules);
    map_init(&e->rules);
    e->loaded = false;
}

static void reload(struct timer *t)
{
    load(list_of(t, struct events, reload));
}

static bool is_schedule(struct str s)
{
    struct schedule schedule;
    return schedule_parse(s, &schedule);
}

static const struct shape_row target_form[] = {STORED_TEXT("Id"), STORED_TEXT("Arn", .match = stored_is_arn),
                                               OUT(SHAPE_STR, "Input"), SHAPE_END};
static const struct shape_row targets_form[] = {OUT(SHAPE_STRUCT, "member", .of = target_form), SHAPE_END};
static const struct shape_row rule_form[] = {
    STORED_TEXT("Name", .match = rule_name_ok),
    STORED_TEXT("Arn", .match = stored_is_arn),
    STORED_TEXT("ScheduleExpression", .match = is_schedule),
    STORED_TEXT("State"),
    STORED_COUNT("Created"),
    OUT(SHAPE_STR, "Description"),
    OUT(SHAPE_STR, "RoleArn"),
    OUT(SHAPE_LIST, "Targets", .of = targets_form),
    SHAPE_END,
};

/* The first version took targets of any partition; one that leads nowhere goes, and its rule stays. */
static enum stored_mend mend_rule(struct arena *a, cJSON *row)
{
    struct arn rule;
    arn_parse(json_member_text(row, "Arn"), &rule);
    enum stored_mend how = STORED_FINE;
    cJSON *targets = cJSON_GetObjectItemCaseSensitive(row, "Targets");
    for (cJSON *t = targets ? targets->child : NULL, *next; t; t = next) {
        next = t->next;
        enum stored_mend one = stored_mend_arn(a, t, "Arn", rule.region);
        if (one == STORED_GOES)
            cJSON_Delete(cJSON_DetachItemViaPointer(targets, t));
        how = one == STORED_FINE ? how : STORED_MENDED;
    }
    return how;
}

static const struct stored_form forms[] = {
    {.space = "events.rule", .texts = 1, .rows = rule_form, .mend = mend_rule}, {0}};

static enum rc events_open(struct world *w, void **state)
{
    enum rc rc = stored_check(w, forms);
    if (rc != RC_OK)
        return rc;
    struct events *e = xcalloc(1, sizeof(*e));
    e->world = w;
    map_init(&e->rules);
    e->reload.fire = reload;
    e->reload.idle = true;
    *state = e;
    return RC_OK;
}

static void events_start(struct world *w, void *state)
{
    (void)w;
    load(state);
}

static void events_drop(struct world *w, void *state)
{
    struct events *e = state;
    forget(e);
    timer_set(w->timers, &e->reload, clock_now(&w->clock));
}

static void events_close(struct world *w, void *state)
{
    struct events *e = state;
    timer_stop(w->timers, &e->reload);
    forget(e);
    free(e);
}

struct events *events_of(const struct call *c)
{
    struct events *e = world_state(c->world, &events_service);
    load(e);
    return e;
}

/* Rewound: each rule's next time is the next after the clock's new time.  Internal. */
static enum op_end rewound(struct call *c, const void *input)
{
    (void)input;
    struct map_entry *at = events_of(c)->rules.first;
    struct rule *r;
    while ((r = map_each(&at, NULL)))
        plan(r);
    return OP_DONE;
}

static const struct op_row events_rewound = {"Rewound", rewound, .flags = OP_INTERNAL | OP_TYPED | OP_QUIET};

/* --- finding */

bool rule_name_ok(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!isalnum((unsigned char)name.p[i]) && str_find(STR(".-_"), name.p[i]) < 0)
            return false;
    return name.n > 0;
}

struct str rule_arn(struct call *c, struct str name)
{
    return arn_make(&c->arena, "events", c->region, c->account,
                    arena_printf(&c->arena, "rule/%.*s", STR_ARG(name)));
}

struct rule *rule_named(struct call *c, struct str name)
{
    return map_get(&events_of(c)->rules, rule_arn(c, name));
}

struct rule *rule_find(struct call *c, struct str bus, struct str name)
{
    if (events_refuse_bus(c, bus) != OP_DONE)
        return NULL;
    struct rule *r = rule_named(c, name);
    if (!r)
        call_fail(c, &events_not_found, "Rule %.*s does not exist on EventBus default.", STR_ARG(name));
    return r;
}

enum op_end events_refuse_bus(struct call *c, struct str bus)
{
    if (bus.n && !str_is(bus, "default") && !str_ends(bus, STR(":event-bus/default")))
        return call_fail(c, &events_not_found, "Event bus %.*s does not exist.", STR_ARG(bus));
    return OP_DONE;
}

static const struct op_row *const ops[] = {
    &events_put_rule,     &events_delete_rule,  &events_describe_rule, &events_list_rules,
    &events_enable_rule,  &events_disable_rule, &events_put_targets,   &events_remove_targets,
    &events_list_targets, &events_fire,         &events_rewound,       NULL,
};

const struct service events_service = {
    .name = "events",
    .target = "AWSEvents",
    .version = "2015-10-07",
    .wires = WIRE_JSON11,
    .ops = ops,
    .open = events_open,
    .start = events_start,
    .drop = events_drop,
    .close = events_close,
};
