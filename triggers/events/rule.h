/* MODEL and STORE of a rule: its schedule, its targets, its timer. */
#ifndef EVENTS_RULE_H
#define EVENTS_RULE_H

#include "core/timer.h"
#include "door/call.h"
#include "events.h"
#include "schedule.h"

#define RULE_NAME .min = 1, .max = 64, .pattern = "[\\.\\-_A-Za-z0-9]+", .match = rule_name_ok

struct rule {
    cJSON *row;           /* what the store keeps: Name, Arn, ScheduleExpression, State, Description, RoleArn,
                             Created (ms), Targets[] */
    struct str name, arn; /* in row */
    struct schedule schedule;
    int64_t created;
    bool enabled;
    struct timer timer;
    struct world *world;
};

struct events {
    struct world *world;
    struct map rules; /* ARN -> struct rule: each account has its own in each region */
    bool loaded;
    struct timer reload;
};

struct events *events_of(const struct call *c);

/* Writes the row and takes it over (moved), making the rule when it is new; its timer is armed. */
enum rc rule_put(struct call *c, struct events *e, cJSON *row);
enum rc rule_del(struct call *c, struct events *e, struct rule *r);

bool rule_name_ok(struct str name);
struct str rule_arn(struct call *c, struct str name);     /* in the caller's account and region */
struct rule *rule_named(struct call *c, struct str name); /* NULL: there is none */

/* The rule on this bus, or NULL with the call's fault. */
struct rule *rule_find(struct call *c, struct str bus, struct str name);

/* There is the default bus and no other. */
enum op_end events_refuse_bus(struct call *c, struct str bus);

extern const struct fault events_not_found, events_validation, events_has_targets, events_limit;
extern const struct op_row events_put_rule, events_delete_rule, events_describe_rule, events_list_rules,
    events_enable_rule, events_disable_rule, events_put_targets, events_remove_targets, events_list_targets,
    events_fire;

#endif
