/* AWS::Events::Rule on a schedule -> events:PutRule and events:PutTargets. */
#include "types.h"

static const char *const states[] = {"ENABLED", "DISABLED", NULL};

static const struct prop_row target_rows[] = {
    TAKES(PROP_TEXT, "Id", .flags = PROP_REQUIRED, .min = 1, .max = 64),
    TAKES(PROP_TEXT, "Arn", .flags = PROP_REQUIRED),
    TAKES(PROP_TEXT, "Input", .max = 8192),
    KEEPS("RoleArn"),
    REFUSES("DeadLetterConfig"),
    REFUSES("InputPath"),
    REFUSES("InputTransformer"),
    REFUSES("RetryPolicy"),
    PROPS_END,
};
static const struct prop_row target = ELEMENT(PROP_OBJECT, .of = target_rows);

static const struct prop_row rule_rows[] = {
    TAKES(PROP_TEXT, "Name", .min = 1, .max = 64),
    TAKES(PROP_TEXT, "ScheduleExpression", .flags = PROP_REQUIRED, .max = 256),
    TAKES(PROP_TEXT, "State", .one_of = states),
    TAKES(PROP_TEXT, "Description", .max = 512),
    TAKES(PROP_LIST, "Targets", .of = &target, .max = 5),
    KEEPS("RoleArn"),
    KEEPS("Tags"),
    REFUSES("EventBusName"),
    REFUSES("EventPattern"),
    PROPS_END,
};

static void expand(struct template *t, struct resource *r)
{
    const struct node *targets = node_get(r->props, "Targets"), *one;
    if (!targets || targets->kind != NODE_LIST)
        return;
    node_each (one, targets) {
        struct str id =
            arena_printf(&t->arena, "%.*s.%.*s", STR_ARG(r->id), STR_ARG(node_scalar(node_get(one, "Id"))));
        struct node *props = node_new(&t->arena, NODE_MAP, one);
        node_put(props, "Rule", ref_to(t, r));
        node_add(node_put(props, "Targets", node_new(&t->arena, NODE_LIST, one)), node_copy(&t->arena, one));
        resource_make(t, id, TYPE_RULE_TARGETS, props, one);
        function_trigger(t, node_get(one, "Arn"), "", node_get(r->props, "ScheduleExpression"));
    }
}

static struct node *plan(struct template *t, struct resource *r)
{
    struct node *in = node_new(&t->arena, NODE_MAP, r->at);
    node_put(in, "Name", resource_name(t, r, "Name"));
    resource_give(t, r, "ScheduleExpression", in, "ScheduleExpression");
    resource_give(t, r, "State", in, "State");
    resource_give(t, r, "Description", in, "Description");
    return in;
}

static const struct attr_row attrs[] = {{.name = "Arn", .member = "RuleArn"}, {0}};
static const struct removal delete_rule = {"DeleteRule", {{"Name", "Name"}}, NULL, NULL};

const struct type_row type_rule = {
    .name = "AWS::Events::Rule",
    .props = rule_rows,
    .service = "events",
    .operation = "PutRule",
    .ref = "Name",
    .attrs = attrs,
    .removal = &delete_rule,
    .name_member = "Name",
    .unique = true,
    .expand = expand,
    .plan = plan,
};

/* --- its targets, each a resource of its own, so that one that leaves is removed alone */

static struct node *targets_plan(struct template *t, struct resource *r)
{
    return node_copy(&t->arena, r->props);
}

static const struct removal remove_targets = {"RemoveTargets", {{"Rule", "Rule"}}, "Ids", "Targets"};

const struct type_row type_rule_targets = {
    .name = TYPE_RULE_TARGETS,
    .props = target_rows,
    .service = "events",
    .operation = "PutTargets",
    .ref = "Rule",
    .removal = &remove_targets,
    .plan = targets_plan,
};
